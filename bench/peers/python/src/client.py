"""Runs generated clients, which the workloads in Rust drive."""

import asyncio

from chat_client import ChatClient


class Client(ChatClient):
    def __init__(self, uri, conversation):
        super().__init__(uri)
        self.conversation = conversation

    async def on_connected(self):
        self.conversation.connected(self)

    async def on_disconnected(self):
        self.conversation.lost()

    async def on_connect_rsp(self, message):
        self.conversation.receive_hello(self)

    async def on_message_ind(self, message):
        self.conversation.receive(self, message.user, message.text)

    def send_hello(self, user):
        self.init_connect_req().user = user
        self.send()

    def send_chat(self, user, text):
        message = self.init_message_ind()
        message.user = user
        message.text = text
        self.send()


async def run_all(uri, conversations):
    clients = [Client(uri, conversation) for conversation in conversations]
    for client in clients:
        client.start()
    await asyncio.Event().wait()


def run(uri, conversations):
    asyncio.run(run_all(uri, conversations))
