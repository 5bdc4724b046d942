"""Runs a generated server, which the workloads in Rust drive."""

import asyncio

from chat_server import ChatServer

LOOP = asyncio.new_event_loop()


class Server(ChatServer):
    def __init__(self, uri, sessions):
        super().__init__(uri)
        self.new_sessions = sessions
        self.sessions = {}

    async def on_client_connected(self, client):
        self.sessions[client] = self.new_sessions.create()

    async def on_client_disconnected(self, client):
        del self.sessions[client]

    async def on_connect_req(self, client, message):
        self.init_connect_rsp()
        self.reply()

    async def on_message_ind(self, client, message):
        if self.sessions[client].receive(message.user, message.text):
            reply = self.init_message_ind()
            reply.user = message.user
            reply.text = message.text
            self.reply()


def start(sessions):
    """Starts a server. Returns it and its port."""
    server = Server('tcp://127.0.0.1:0', sessions)
    LOOP.run_until_complete(server.start())
    return server, server.local_addr[1]


def run(server):
    LOOP.run_until_complete(server.serve_forever())
