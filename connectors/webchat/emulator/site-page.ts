/** A shop's page on another origin than Parley's, with the strictest policy the chat works under. */
export function sitePage(webhookUrl: string | null): { headers: Record<string, string>; body: string } {
  const hook = webhookUrl ? new URL(webhookUrl) : null
  const [base = '', channel = ''] = webhookUrl?.split('/hooks/') ?? []
  const policy = [
    "default-src 'none'",
    ...(hook ? [`script-src ${hook.origin}`, `connect-src ${hook.origin} ${hook.origin.replace(/^http/, 'ws')}`] : []),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
  return {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A shop</title>
<h1>A shop</h1>
<p>Shoes, hats, umbrellas.</p>
${hook ? `<script async src="${base}/widget/chat.js" data-channel="${channel}"></script>` : ''}
</html>
`,
  }
}
