// A typed server with the official SDK for TypeScript: node server.mjs stdio | http ADDRESS
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

const inputSchema = { status: z.string().optional(), limit: z.number().int().optional(), cursor: z.string().optional() };
const job = z.object({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  published: z.boolean(),
  acceptingApplicants: z.boolean(),
  createdAt: z.string(),
  updatedAt: z.string(),
  jobUrl: z.string(),
  proposalCounts: z.object({ total: z.number().int(), unreviewed: z.number().int() }),
});
const outputSchema = { jobs: z.array(job), nextCursor: z.string().nullable() };

function newServer() {
  const server = new McpServer({ name: "node", version: "1" });
  server.registerTool("list_jobs", { inputSchema, outputSchema }, async (_, { requestInfo }) => {
    const authorization = requestInfo?.headers.authorization ?? `Bearer ${process.env.OT_API_TOKEN}`;
    const answer = await fetch(`${process.env.OPENTRAIN_API_BASE_URL}/api/public/v1/jobs/mine?limit=10`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
    const jobs = await answer.json();
    return { content: [{ type: "text", text: JSON.stringify(jobs) }], structuredContent: jobs };
  });
  return server;
}

const [transport, address] = process.argv.slice(2);
if (transport === "stdio") {
  await newServer().connect(new StdioServerTransport());
} else {
  const [host, port] = address.split(":");
  createServer(async (request, response) => {
    // Without sessions, the SDK wants a server and a transport for each request.
    const server = newServer();
    const once = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on("close", () => {
      once.close();
      server.close();
    });
    await server.connect(once);
    await once.handleRequest(request, response);
  }).listen(Number(port), host);
}
