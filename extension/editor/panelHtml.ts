/** What the panel's page is made of: addresses as the webview sees them. */
export interface PanelPage {
  readonly script: string;
  readonly style: string;
  readonly cspSource: string;
  readonly nonce: string;
}

/**
 * The panel's page. Nothing is loaded but its own script and style sheet; no text of a run is ever in it. The toolkit
 * makes style elements, which carry the nonce that it reads from the `csp-nonce` property.
 */
export function panelHtml({ script, style, cspSource, nonce }: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Lockstep</title>
</head>
<body>
<div id="panel"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>
`;
}

/** 128 random bits as letters and digits. */
export function makeNonce(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  return [...random(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');
}
