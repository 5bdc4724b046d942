use messi::Runtime;

messi::protocol!("../proto/options.proto", views = [Position]);

struct Handler(Runtime);

impl OptionsServerHandler for Handler {
    async fn on_position(&mut self, _: &OptionsServerClient, position: PositionView<'_>) {
        self.0.spawn(async move { println!("{}", position.name) });
    }
}

fn main() {}
