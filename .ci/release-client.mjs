// Uses a part of a release as a host does, with the client of the official SDK:
//   release-client.mjs SDK MCPB DIST WHAT ARGUMENT...
import { deepStrictEqual, ok } from "node:assert"
import { readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const [sdk, mcpb, dist, what, ...rest] = process.argv.slice(2)
// The packages are not among the parents of this file, so that their names find nothing.
const load = (...file) => import(pathToFileURL(join(...file)).href)
const json = (...file) => JSON.parse(readFileSync(join(...file), "utf8"))
const manifest = json(dist, "mcpb", "manifest.json")

// serves starts a server, and returns the result of a tool. Every server has the tools of the manifest.
async function serves({ command, args = [], env = {} }, tool = "opentrain_search_jobs") {
  const { Client } = await load(sdk, "dist/esm/client/index.js")
  const { StdioClientTransport } = await load(sdk, "dist/esm/client/stdio.js")
  const client = new Client({ name: "release-client", version: "1.0.0" })
  await client.connect(new StdioClientTransport({ command, args, env: { ...process.env, ...env } }))
  deepStrictEqual(client.getServerVersion().version, manifest.version)
  const { tools } = await client.listTools()
  deepStrictEqual(tools.map((t) => t.name).sort(), manifest.tools.map((t) => t.name).sort())
  const result = await client.callTool({ name: tool, arguments: {} })
  await client.close()
  return { failed: result.isError === true, text: result.content.map((c) => c.text).join("\n") }
}

const steps = {
  async serves(command, ...args) {
    const { failed, text } = await serves({ command, args })
    ok(!failed, text)
  },

  // The values are those of the form that a host shows. A host passes on ${user_config.api_token} itself where the form
  // has no value, not even the default.
  async bundle(folder, values) {
    const { getMcpConfigForManifest } = await load(mcpb, "dist/index.js")
    const bundled = json(folder, "manifest.json")
    const userConfig = values === "no-defaults" ? { sandbox: false } : JSON.parse(values)
    if (values === "no-defaults") delete bundled.user_config.api_token.default
    const config = await getMcpConfigForManifest({
      manifest: bundled, extensionPath: folder, systemDirs: {}, userConfig, pathSeparator: "/",
    })
    // Nothing listens there: without the sandbox, the server must say whose account it would use, not that it starts.
    config.env.OPENTRAIN_API_BASE_URL = "http://127.0.0.1:9"
    const { failed, text } = await serves(config, "opentrain_get_account")
    const expected = userConfig.sandbox ? /from the sandbox/ : userConfig.api_token ? /refused the connection/ : /opentrain_register_agent/
    ok(failed === !userConfig.sandbox && expected.test(text), text)
  },

  async gemini(folder, version) {
    const { name, version: stated, mcpServers } = json(folder, "gemini-extension.json")
    deepStrictEqual([name, stated], ["opentrain", version])
    const { command, args } = mcpServers.opentrain
    await serves({ command: command.replaceAll("${extensionPath}", folder).replaceAll("${/}", "/"), args })
  },

  async plugin(folder, version) {
    deepStrictEqual(json(folder, ".claude-plugin", "plugin.json").version, version)
    const { opentrain } = json(folder, ".mcp.json").mcpServers
    // Once there is an npm scope, it starts a package that isn't published yet.
    if (opentrain.command === "npx") deepStrictEqual(opentrain.args[1], `${json(dist, "npm", "main", "package.json").name}@${version}`)
    else await serves(opentrain)
  },

  npm(version) {
    const packages = Object.fromEntries(readdirSync(join(dist, "npm")).map((name) => [name, json(dist, "npm", name, "package.json")]))
    const { main, ...platforms } = packages
    deepStrictEqual(Object.keys(main.optionalDependencies).sort(), Object.values(platforms).map((p) => p.name).sort())
    for (const p of Object.values(packages)) deepStrictEqual([p.version, p.scripts, p.dependencies], [version, undefined, undefined])
    for (const [name, p] of Object.entries(platforms)) deepStrictEqual(`${p.os}-${p.cpu}`, name)
  },

  registry(schema, version) {
    const require = createRequire(join(sdk, "package.json"))
    const ajv = new (require("ajv").default)({ strict: false, allErrors: true })
    require("ajv-formats").default(ajv)
    const validate = ajv.compile(JSON.parse(readFileSync(schema, "utf8")))
    const entry = json(dist, "server.json")
    ok(validate(entry), JSON.stringify(validate.errors))
    deepStrictEqual(entry.version, version)
    deepStrictEqual(entry.name, json(dist, "npm", "main", "package.json").mcpName)
    const sums = readFileSync(join(dist, "checksums.txt"), "utf8")
    ok(sums.includes(`${entry.packages.find((p) => p.registryType === "mcpb").fileSha256}  opentrain-mcp_${version}.mcpb`))
  },
}

await steps[what](...rest)
