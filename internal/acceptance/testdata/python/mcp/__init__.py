"""A stand-in for the few names of the official Python SDK that the README's example uses.

It speaks MCP over stdio with the standard library alone, so that the example can
be run where the SDK cannot be installed.
"""

import json


class StdioServerParameters:
    def __init__(self, command, args):
        self.command, self.args = command, args


class Result:
    def __init__(self, members):
        self.members = members

    def model_dump(self, by_alias):
        return self.members


class ClientSession:
    def __init__(self, read, write):
        self.read, self.write, self.last = read, write, 0

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None

    async def request(self, method, params):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.write.write((json.dumps(message) + "\n").encode())
        await self.write.drain()
        return json.loads(await self.read.readline())["result"]

    async def initialize(self):
        client = {"name": "stand-in", "version": "1"}
        return await self.request(
            "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        )

    async def call_tool(self, name, arguments):
        return Result(await self.request("tools/call", {"name": name, "arguments": arguments}))
