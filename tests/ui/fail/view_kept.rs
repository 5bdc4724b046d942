messi::protocol!("../proto/options.proto", views = [Position]);

struct Handler {
    names: Vec<&'static str>,
}

impl OptionsServerHandler for Handler {
    async fn on_position(&mut self, _: &OptionsServerClient, position: PositionView<'_>) {
        self.names.push(position.name);
    }
}

fn main() {}
