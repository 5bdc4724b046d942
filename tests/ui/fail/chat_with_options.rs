mod chat {
    messi::protocol!(
        "../proto/chat_two_types_misspelt.proto",
        views = [ConnectReq, ConnectRsp],
        derive(PartialOrd, MessageInd: Eq),
        bytes = Bytes,
        handlers = required,
        rename = { "chat.Chat" => Room, "chat.Missing" => Other },
    );
}

fn main() {}
