// Posts a job as a host with forms does, then as one without:
//   sdk-client.mjs SDK stdio BINARY
//   sdk-client.mjs SDK http URL
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { isDeepStrictEqual } from "node:util"

const [sdk, kind, target] = process.argv.slice(2)
// The SDK is not among the parents of this file, so that its name finds nothing.
const load = (file) => import(pathToFileURL(join(sdk, "dist/esm", file)).href)
const { Client } = await load("client/index.js")
const { StdioClientTransport } = await load("client/stdio.js")
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js")
const { AjvJsonSchemaValidator } = await load("validation/ajv-provider.js")
const types = await load("types.js")

const description = "We need 10 annotators for bounding boxes on 50,000 dashcam images. Pay is $18/hour. English required."
const began = Date.now()
let passed = 0
let failed = 0

function check(what, holds, seen) {
  console.log(`${kind}: ${what}: ${holds ? "passed" : "FAILED"}`)
  if (holds) passed++
  else {
    failed++
    if (seen !== undefined) console.log(JSON.stringify(seen, null, 1).slice(0, 4000))
  }
}

// choices are the values and titles that a field offers.
const choices = (field) =>
  field.oneOf ?? field.items?.anyOf ?? (field.enum ?? field.items?.enum)?.map((value) => ({ const: value, title: value }))

// typeOf is the SDK's type for a field. Its union of them all takes a choice
// without titles for plain text, and drops what it does not know.
function typeOf(field) {
  if (field.type === "array") return types.TitledMultiSelectEnumSchemaSchema
  if (field.type === "boolean") return types.BooleanSchemaSchema
  if (field.type === "number" || field.type === "integer") return types.NumberSchemaSchema
  return field.oneOf || field.enum ? types.TitledSingleSelectEnumSchemaSchema : types.StringSchemaSchema
}

// faultsOf says what is wrong with a form, as the server sent it.
function faultsOf(params) {
  const faults = []
  const parsed = types.ElicitRequestFormParamsSchema.safeParse(params)
  if (!parsed.success) return [parsed.error.message]
  if (params.mode !== "form") faults.push(`mode ${params.mode}`)
  if (!params.message) faults.push("no message")
  const { properties, required = [] } = params.requestedSchema
  if (!isDeepStrictEqual(parsed.data.requestedSchema, params.requestedSchema)) faults.push("keywords that the SDK does not know")
  const names = Object.keys(properties)
  if (names.length === 0) faults.push("no fields")
  faults.push(...required.filter((name) => !names.includes(name)).map((name) => `${name} is required and no field`))
  names.forEach((name, i) => {
    const field = properties[name]
    const strict = typeOf(field).strict().safeParse(field)
    if (!strict.success) faults.push(`${name}: ${strict.error.message}`)
    if (!field.title) faults.push(`${name} has no title`)
    // A question with several fields stands in the first of them.
    if (!field.description && (i === 0 || field.default !== undefined)) faults.push(`${name} has no description`)
    const offered = choices(field)
    if (offered && (offered.length === 0 || offered.some((choice) => !choice.title))) faults.push(`${name}: choices without titles`)
  })
  return faults
}

function valueOf(field) {
  const offered = choices(field)
  if (field.default !== undefined) return field.default
  if (offered) return field.type === "array" ? [offered[0].const] : offered[0].const
  if (field.type === "boolean") return true
  return field.type === "string" ? "As the description says" : 18
}

const accept = (form) => ({
  action: "accept",
  content: Object.fromEntries(Object.entries(form.requestedSchema.properties).map(([name, field]) => [name, valueOf(field)])),
})
const decline = () => ({ action: "decline" })

// connect makes a host. Its forms go to the function answer; without one it
// declares no elicitation.
async function connect(name, answer) {
  const host = { name, answer, forms: [], notices: [], faults: [], closing: false }
  const client = new Client({ name, version: "1.0.0" }, { capabilities: answer ? { elicitation: { form: {} } } : {} })
  host.client = client
  const transport = kind === "stdio"
    ? new StdioClientTransport({ command: target, args: ["stdio", "--sandbox"], stderr: "inherit" })
    : new StreamableHTTPClientTransport(new URL(target))
  // Handlers get what the SDK's types left over; the checks want all of it.
  const raw = new Map()
  const answered = new Set()
  transport.onmessage = (message) => {
    if (message.method === "elicitation/create") {
      raw.set(message.id, message.params)
      if (!answer) host.faults.push("a form for a host without forms")
    }
    // The SDK's progress tokens are the ids of its requests.
    if (message.method === "notifications/progress") host.notices.push({ ...message.params, late: answered.has(message.params.progressToken) })
    if (message.result) answered.add(message.id)
    if (message.result?.protocolVersion) host.protocol = message.result.protocolVersion
  }
  client.onerror = (error) => {
    // Notices after their answer do no harm; close counts them.
    if (!host.closing && !/progress notification for an unknown token/.test(error)) host.faults.push(String(error))
  }
  if (answer) {
    client.setRequestHandler(types.ElicitRequestSchema, (request, { requestId }) => {
      const form = raw.get(requestId)
      host.forms.push(form)
      host.faults.push(...faultsOf(form))
      const result = host.answer(form)
      if (result.action === "accept") {
        const valid = new AjvJsonSchemaValidator().getValidator(form.requestedSchema)(result.content)
        if (!valid.valid) host.faults.push(`its own choices and defaults do not fit the form: ${valid.errorMessage}`)
      }
      return result
    })
  }
  await client.connect(transport)
  check(`${name}: initialize`, client.getServerVersion().name === "opentrain" && host.protocol === types.LATEST_PROTOCOL_VERSION, [client.getServerVersion(), host.protocol])

  // From here on the SDK holds every result against its tool's output schema.
  const { tools } = await client.listTools()
  const count = kind === "stdio" ? 19 : 16 // with those that register an account
  check(`${name}: ${count} tools with output schemas`, tools.length === count && tools.every((tool) => tool.outputSchema), tools.map((tool) => tool.name))
  return host
}

// call calls a tool and returns its result, and what was asked and told meanwhile.
async function call(host, tool, args, progress) {
  const [forms, notices] = [host.forms.length, host.notices.length]
  const options = { timeout: 20_000, ...(progress && { onprogress: (notice) => progress.push(notice), resetTimeoutOnProgress: true }) }
  const result = await host.client.callTool({ name: tool, arguments: args }, undefined, options)
  const r = { ...result.structuredContent, isError: result.isError ?? false, forms: host.forms.slice(forms), notices: host.notices.slice(notices) }
  if (r.isError || !result.content?.[0]?.text) check(`${host.name}: ${tool} answers`, false, result)
  return r
}

async function close(host) {
  const late = host.notices.filter((notice) => notice.late).length
  if (late > 0) console.log(`${kind}: ${host.name}: remark: notices after their answer: ${late}`)
  check(`${host.name}: no faults of forms or messages`, host.faults.length === 0, host.faults)
  host.closing = true
  if (kind === "http") await host.client.transport.terminateSession()
  await host.client.close()
}

async function withForms() {
  const host = await connect("with forms", accept)
  const progress = []
  const draft = await call(host, "opentrain_create_draft", { description }, progress)
  check("create_draft is ready after one or two forms", draft.publishReady === true && draft.next?.action === "call_tool" && draft.next.tool === "opentrain_publish" && [1, 2].includes(draft.forms.length), draft)
  // Over HTTP two streams carry a session's notices, which keeps no order.
  const ordered = draft.notices.every((notice, i) => kind === "http" || notice.progress === i + 1)
  check("create_draft tells its progress", progress.length > 0 && ordered && draft.notices.every((notice) => notice.message), draft.notices)

  const publication = await call(host, "opentrain_publish", { jobId: draft.jobId })
  const names = publication.forms.map((form) => Object.keys(form.requestedSchema.properties))
  check("publish asks for a confirmation in one form", isDeepStrictEqual(names, [["confirm"]]), publication)
  check("publish publishes", publication.published === true && publication.next?.action === "call_tool" && publication.next.tool === "opentrain_search_jobs", publication)

  const found = await call(host, publication.next.tool, publication.next.arguments)
  check("search_jobs finds the job", found.jobs?.some((job) => job.id === draft.jobId), found)

  // The same text finds the same draft unless the call has a key of its own.
  host.answer = decline
  const second = await call(host, "opentrain_create_draft", { description, idempotencyKey: "sdk-declined" })
  check("create_draft asks in chat after a declined form", second.jobId !== draft.jobId && second.forms.length === 1 && second.next?.action === "ask_human" && second.next.arguments?.askHuman === false, second)
  await close(host)
}

async function withoutForms() {
  const host = await connect("without forms")
  const draft = await call(host, "opentrain_create_draft", { description, idempotencyKey: "sdk-chat" })
  check("create_draft asks in chat without forms", draft.next?.action === "ask_human" && Boolean(draft.next.question), draft)
  let ready = draft
  for (let i = 0; i < 5 && ready.next?.action === "ask_human"; i++) {
    const { field, options, type } = ready.next
    const fields = { [field]: options?.[0] ?? (type === "number" ? 18 : "As the description says") }
    ready = await call(host, "opentrain_patch_draft", { jobId: draft.jobId, fields })
  }
  check("the finished draft is shown with a confirmation", ready.next?.action === "confirm_with_human" && Boolean(ready.next.show) && Boolean(ready.next.arguments?.confirmationToken), ready)
  const publication = await call(host, "opentrain_publish", { jobId: draft.jobId })
  check("publish asks in chat without forms", publication.published === false && publication.next?.action === "confirm_with_human" && Boolean(publication.next.arguments?.confirmationToken), publication)
  await close(host)
}

for (const part of [withForms, withoutForms]) {
  try {
    await part()
  } catch (error) {
    check(part.name, false, error.stack)
  }
}
console.log(`${kind}: ${passed} passed, ${failed} failed in ${Date.now() - began} ms`)
process.exit(failed === 0 ? 0 : 1) // whatever a failed part left open
