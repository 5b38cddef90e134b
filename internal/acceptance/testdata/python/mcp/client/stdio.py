import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def stdio_client(server):
    process = await asyncio.create_subprocess_exec(
        server.command, *server.args, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24
    )
    try:
        yield process.stdout, process.stdin
    finally:
        process.stdin.close()
        await process.wait()
