type Attributes = Readonly<Record<string, string | number | boolean | ((e: never) => void) | undefined>>;

/**
 * Makes an element. Text only ever becomes text nodes; attributes named `on…` are listeners. Styles come from main.css
 * alone: the panel's content security policy allows no others.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const c of children) if (c !== undefined) element.append(c);
  return element;
}

/** Something to click that reads as text: a real button, so that it has focus and keys. */
export function link(text: string, title: string, onClick: () => void, className = 'link'): HTMLButtonElement {
  return h('button', { type: 'button', class: className, title, onclick: onClick }, text);
}
