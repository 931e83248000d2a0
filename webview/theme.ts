/** Colours for the canvas, as the theme gives them now. */
export interface Theme {
  readonly background: string;
  readonly foreground: string;
  readonly muted: string;
  readonly border: string;
  /** Set in high-contrast themes only: things are told apart by borders there. */
  readonly contrast: string | undefined;
  readonly read: string;
  readonly write: string;
  readonly wait: string;
  readonly onWrite: string;
  readonly cursor: string;
  readonly highlight: string;
  readonly error: string;
  readonly warning: string;
  readonly threads: readonly string[];
  readonly font: string;
  readonly code: string;
}

/** Colours of the threads, in the order in which the editor decorates their lines. */
export const THREAD_COLOURS = ['blue', 'orange', 'green', 'purple', 'red', 'yellow'] as const;

/** Reads the theme's variables; must be called again when the theme changes. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const get = (name: string, ...others: string[]): string => {
    for (const n of [name, ...others]) {
      const value = style.getPropertyValue(`--vscode-${n}`).trim();
      if (value) return value;
    }
    return style.color;
  };
  const contrast = style.getPropertyValue('--vscode-contrastBorder').trim() || undefined;
  const background = get('editor-background');
  const size = Number.parseFloat(style.getPropertyValue('--vscode-font-size')) || 13;
  return {
    background,
    foreground: get('foreground', 'editor-foreground'),
    muted: get('descriptionForeground', 'foreground'),
    border: contrast ?? get('panel-border', 'editorWidget-border', 'descriptionForeground'),
    contrast,
    read: get('charts-blue'),
    write: get('charts-orange', 'charts-yellow'),
    wait: get('descriptionForeground', 'foreground'),
    onWrite: background,
    cursor: get('editorCursor-foreground', 'focusBorder', 'foreground'),
    highlight: get('editor-findMatchHighlightBackground', 'editor-selectionBackground'),
    error: get('errorForeground', 'editorError-foreground'),
    warning: get('editorWarning-foreground', 'charts-yellow'),
    threads: THREAD_COLOURS.map(c => get(`charts-${c}`)),
    font: `${Math.round(size - 2)}px ${get('font-family')}`,
    code: `${Math.round(size - 2)}px ${style.getPropertyValue('--vscode-editor-font-family') || 'monospace'}`,
  };
}

/** Calls back when the theme changes: VS Code swaps the body's class and the root's variables. Returns how to stop. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  for (const node of [document.body, document.documentElement])
    observer.observe(node, { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] });
  return () => observer.disconnect();
}
