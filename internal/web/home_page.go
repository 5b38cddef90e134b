package web

// homePage and homeWords are templates for a home.
const (
	homePage = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenTrain MCP server</title>
<style>
:root { color-scheme: light dark; --text: #1c2733; --soft: #5a6775; --page: #fff; --box: #f3f5f7; --line: #dde2e7; --link: #0a5bd3 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e9ee; --soft: #9aa7b4; --page: #14181d; --box: #1e242b; --line: #333c46; --link: #7db4ff }
}
body { margin: 0 auto; max-width: 42rem; padding: 2.5rem 1.25rem; background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.25 }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem }
p { margin: .5rem 0 }
a { color: var(--link) }
code, pre { font: .9em/1.5 ui-monospace, monospace }
pre { margin: .5rem 0; padding: .8rem 1rem; background: var(--box); border: 1px solid var(--line); border-radius: .5rem;
  white-space: pre-wrap }
.soft { color: var(--soft) }
</style>
<h1>OpenTrain MCP server</h1>
<p>Connect an AI agent to this server to post jobs on <a href="https://www.opentrain.ai">OpenTrain</a>, the marketplace
for hiring people for AI-training work, and to search its live jobs.</p>
<h2>Connect</h2>
<p>Add this address to your MCP client:</p>
<pre>{{.Base}}/mcp</pre>
<p>{{.Token}}</p>
<p>For clients that read a JSON file:</p>
<pre>{{.Config}}</pre>
{{- if .SSE}}
<p class="soft">Older clients that only know HTTP+SSE use <code>{{.Base}}/sse</code>.</p>
{{- end}}
<h2>More</h2>
<p>The pages docs/tools.md and docs/configuration.md of opentrain-mcp list every tool and setting.
{{- if .Health}} <a href="{{.Base}}/healthz">/healthz</a> says whether the server runs.{{end}}</p>
</html>
`

	homeWords = `OpenTrain MCP server

Connect an AI agent to this server to post jobs on OpenTrain, the marketplace for hiring people for AI-training work,
and to search its live jobs.

Add this address to your MCP client: {{.Base}}/mcp
{{.Token}}

For clients that read a JSON file:

{{.Config}}

{{if .SSE}}Older clients that only know HTTP+SSE use {{.Base}}/sse.
{{end -}}
The pages docs/tools.md and docs/configuration.md of opentrain-mcp list every tool and setting.
{{- if .Health}} {{.Base}}/healthz says whether the server runs.{{end}}
`
)
