"""Drives `user-tenant-service mcp` with the client of the Model Context Protocol from PyPI, over both transports.

Arguments: the program, and a directory to work in whose database is bootstrapped. Prints what was done.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

PROGRAM, PLACE = sys.argv[1], Path(sys.argv[2])
TOKEN = "a token of this run"


def expect(condition: bool, what: object) -> None:
    if not condition:
        raise SystemExit(f"unexpected: {what}")


def said(answer: CallToolResult) -> dict:
    """What a tool answers: one text of JSON."""
    return json.loads(answer.content[0].text)


async def drive(session: ClientSession, name: str) -> None:
    """Everything that a client does: tools, their errors, resources."""
    made = await session.initialize()
    expect(made.server_info.name == "user-tenant-service", made)
    tools = (await session.list_tools()).tools
    by_name = {tool.name: tool for tool in tools}
    expect(len(by_name) > 40 and "microservice" in by_name, by_name.keys())
    expect(by_name["tenant_find"].annotations.read_only_hint is True, by_name["tenant_find"])
    expect(by_name["tenant_delete_by_id"].annotations.destructive_hint is True, by_name["tenant_delete_by_id"])

    found = await session.call_tool("tenant_find", {"filter": {"where": {"key": "default"}}})
    expect(not found.is_error and said(found)["body"][0]["key"] == "default", found)
    tenant = said(found)["body"][0]["id"]
    role = await session.call_tool("tenant_role_create", {"id": tenant, "body": {"name": f"role over {name}"}})
    expect(said(role)["status"] == 200, role)
    refused = await session.call_tool("tenant_role_create", {"id": tenant, "body": {"name": f"role over {name}"}})
    expect(refused.is_error and said(refused)["status"] == 403, refused)
    why = await session.call_tool("explain_access", {"operation": "tenant_role_find", "id": tenant})
    expect(said(why)["wouldPass"] is True, why)

    answers = {
        "name": f"madeOver-{name}",
        "baseOnService": True,
        "baseService": "user-tenant-service",
        "datasourceName": "userdb",
        "datasourceType": "postgresql",
        "includeMigrations": True,
        "workingDir": str(PLACE),
    }
    wrong = await session.call_tool("microservice", {**answers, "customMigrations": True})
    expect(wrong.is_error and "--customMigrations" in wrong.content[0].text, wrong)
    written = await session.call_tool("microservice", answers)
    expect(not written.is_error, written)
    expect((PLACE / f"made-over-{name}" / "src" / "main.rs").is_file(), written)

    resources = (await session.list_resources()).resources
    expect(len(resources) == 3, resources)
    for resource in resources:
        text = (await session.read_resource(resource.uri)).contents[0].text
        expect(len(text) > 1000, resource)
    print(f"{name}: protocol {made.protocol_version}, {len(tools)} tools, {len(resources)} resources")


async def over_stdio() -> None:
    parameters = StdioServerParameters(command=PROGRAM, args=["mcp"], env=dict(os.environ))
    async with stdio_client(parameters) as (reading, writing):
        async with ClientSession(reading, writing) as session:
            await drive(session, "stdio")


async def over_http() -> None:
    server = subprocess.Popen(
        [PROGRAM, "mcp", "--http", "127.0.0.1:0", "--http-token", TOKEN], stderr=subprocess.PIPE, text=True, cwd=PLACE
    )
    try:
        line = next(line for line in server.stderr if "listening on" in line)
        url = line.split()[-1]
        asyncio.get_running_loop().run_in_executor(None, server.stderr.read)
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            async with streamable_http_client(url, http_client=client) as streams:
                async with ClientSession(streams[0], streams[1]) as session:
                    await drive(session, "http")
                    # Over HTTP, services are written where the server was started, and nowhere else.
                    outside = {"name": "outside", "baseOnService": False, "workingDir": "/"}
                    answer = await session.call_tool("microservice", outside)
                    expect(answer.is_error and "is not below" in answer.content[0].text, answer)
    finally:
        server.kill()


async def main() -> None:
    await over_stdio()
    await over_http()


asyncio.run(main())
