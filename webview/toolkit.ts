import {
  provideVSCodeDesignSystem,
  vsCodeBadge,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';

/*
 * The only file that knows the toolkit: everything else calls these factories, so that another one
 * (@vscode-elements/elements, which defines the same tags) can take its place here alone.
 */
provideVSCodeDesignSystem().register(
  vsCodeBadge(),
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeRadio(),
  vsCodeRadioGroup(),
);

type Valued = HTMLElement & { value: string };
type Checkable = HTMLElement & { checked: boolean };

export interface Control<T> {
  readonly element: HTMLElement;
  /** Shows a value without calling back. */
  set(value: T): void;
}

export function button(label: string, title: string, onClick: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', 'secondary');
  element.title = title;
  element.textContent = label;
  element.addEventListener('click', onClick);
  return element;
}

/** A small button with a sign for a label; `title` is what screen readers say. */
export function iconButton(sign: string, title: string, onClick: () => void): HTMLElement {
  const element = button(sign, title, onClick);
  element.setAttribute('appearance', 'icon');
  element.setAttribute('aria-label', title);
  return element;
}

/** One of a few, side by side. */
export function radioGroup<T extends string>(
  label: string,
  options: readonly { readonly value: T; readonly label: string; readonly title?: string }[],
  onChange: (value: T) => void,
): Control<T> {
  const group = document.createElement('vscode-radio-group') as Valued;
  group.setAttribute('aria-label', label);
  for (const o of options) {
    const radio = document.createElement('vscode-radio') as Valued;
    radio.setAttribute('value', o.value);
    radio.textContent = o.label;
    if (o.title) radio.title = o.title;
    group.append(radio);
  }
  let shown = '';
  group.addEventListener('change', () => {
    if (!group.value || group.value === shown) return;
    shown = group.value;
    onChange(group.value as T);
  });
  return {
    element: group,
    set(value) {
      shown = value;
      group.setAttribute('value', value);
      group.value = value;
    },
  };
}

export function checkbox(label: Node, title: string, onChange: (checked: boolean) => void): Control<boolean> {
  const element = document.createElement('vscode-checkbox') as Checkable;
  element.title = title;
  element.setAttribute('aria-label', title);
  element.append(label);
  let shown = true;
  element.addEventListener('change', () => {
    if (element.checked === shown) return;
    shown = element.checked;
    onChange(shown);
  });
  return {
    element,
    set(value) {
      shown = value;
      element.checked = value;
    },
  };
}

export function badge(text: string): HTMLElement {
  const element = document.createElement('vscode-badge');
  element.textContent = text;
  return element;
}
