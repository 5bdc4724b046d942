//! Statistics as text in the OpenMetrics format.

use std::fmt::{self, Display, Formatter, Write};

use crate::metrics::{FAMILIES, Family, Scope, Value, labels_of_client, labels_of_server};
use crate::{Client, Protocol, Server, ServerStats, Stats};

/// The statistics of servers and clients as text in the [OpenMetrics] format 1.0, which Prometheus reads.
///
/// Each server and client has the labels `protocol`, `side` (`server` or `client`) and `uri`: that of
/// [`Server::uri`], or the first one of a client. Values with the same labels are added up, such as those of a
/// thousand clients of one server; of peaks and times, the largest counts.
///
/// For a single server or client, [`ServerStats::openmetrics`] and [`Stats::openmetrics`] give the same text
/// without labels. The guide's page about metrics lists the names, and has an HTTP endpoint.
///
/// [OpenMetrics]: https://prometheus.io/docs/specs/om/open_metrics_spec/
///
/// # Examples
///
/// ```
/// # use chat::*;
/// # struct Session;
/// # impl ChatServerHandler for Session {}
/// use messi::OpenMetrics;
/// # use messi::testing::Simulation;
///
/// # let simulation = Simulation::new(7);
/// # simulation.run(async {
/// # let server = |uri| ChatServer::builder(uri).runtime(&simulation).start(|_client| Session);
/// # let inside = server("tcp://inside:6000").await?;
/// # let outside = server("tcp://outside:6001").await?;
/// let text = OpenMetrics::new().server(&inside).server(&outside).to_string();
/// assert!(text.contains(r#"messi_clients{protocol="chat",side="server",uri="tcp://inside:6000"} 0"#));
/// assert!(text.ends_with("# EOF\n"));
/// # Ok::<(), messi::ListenError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it is the text that is of use"]
pub struct OpenMetrics {
    /// With the labels of each, in their order.
    sources: Vec<(String, Source)>,
}

/// Statistics with the same labels.
#[derive(Clone, Debug)]
struct Source {
    /// Whether they are those of servers. Those of clients are in `total`.
    is_server: bool,
    stats: ServerStats,
}

impl OpenMetrics {
    /// The media type of the text, for the header `Content-Type` of an HTTP response.
    pub const CONTENT_TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Creates a text without metrics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the statistics that a server has at this moment.
    pub fn server<P: Protocol>(self, server: &Server<P>) -> Self {
        let labels = labels_of_server::<P>(&server.uri());
        self.add(&labels, true, server.stats())
    }

    /// Adds the statistics that a client has at this moment.
    pub fn client<P: Protocol>(self, client: &Client<P>) -> Self {
        let labels = labels_of_client::<P>(client.first_uri());
        self.add(&labels, false, ServerStats::of_client(client.stats()))
    }

    fn add(mut self, labels: &[(&str, String)], is_server: bool, stats: ServerStats) -> Self {
        let labels = rendered(labels);
        match self.sources.binary_search_by(|(it, _)| it.cmp(&labels)) {
            Ok(place) => self.sources[place].1.stats.add(&stats),
            Err(place) => {
                let source = Source { is_server, stats };
                self.sources.insert(place, (labels, source));
            }
        }
        self
    }
}

impl ServerStats {
    /// Returns the statistics as text in the OpenMetrics format, without labels.
    ///
    /// [`OpenMetrics`](crate::OpenMetrics) is for several servers or clients of a program.
    ///
    /// # Examples
    ///
    /// ```
    /// let text = messi::ServerStats::default().openmetrics();
    /// assert!(text.starts_with("# TYPE messi_clients gauge\n"));
    /// assert!(text.ends_with("# EOF\n"));
    /// ```
    pub fn openmetrics(&self) -> String {
        let text = OpenMetrics::new();
        text.add(&[], true, *self).to_string()
    }
}

impl Stats {
    /// Returns the statistics as text in the OpenMetrics format, without labels.
    ///
    /// [`OpenMetrics`](crate::OpenMetrics) is for several servers or clients of a program.
    ///
    /// # Examples
    ///
    /// ```
    /// let text = messi::Stats::default().openmetrics();
    /// assert!(text.contains("\nmessi_sent_messages_total 0\n"));
    /// ```
    pub fn openmetrics(&self) -> String {
        let text = OpenMetrics::new();
        let stats = ServerStats::of_client(*self);
        text.add(&[], false, stats).to_string()
    }
}

impl Display for OpenMetrics {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for family in FAMILIES {
            self.write_family(family, formatter)?;
        }
        formatter.write_str("# EOF\n")
    }
}

impl OpenMetrics {
    /// Writes a family with the samples of all sources, as no other family may stand between them.
    fn write_family(&self, family: &Family, formatter: &mut Formatter<'_>) -> fmt::Result {
        let is_in_scope = |source: &Source| source.is_server || family.scope != Scope::Server;
        let mut samples = String::new();
        for (labels, source) in self
            .sources
            .iter()
            .filter(|(_, source)| is_in_scope(source))
        {
            write_samples(&mut samples, family, labels, &source.stats)?;
        }
        if samples.is_empty() {
            return Ok(());
        }
        let name = family.base();
        writeln!(formatter, "# TYPE {name} {}", type_name(&family.value))?;
        if let Some(unit) = family.unit() {
            writeln!(formatter, "# UNIT {name} {unit}")?;
        }
        writeln!(formatter, "# HELP {name} {}", family.help)?;
        formatter.write_str(&samples)
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Counter(_) | Value::Causes(_) => "counter",
        Value::Gauge(_) | Value::Peak(_) | Value::Time(_) => "gauge",
    }
}

fn write_samples(
    text: &mut String,
    family: &Family,
    labels: &str,
    stats: &ServerStats,
) -> fmt::Result {
    let name = family.name;
    match &family.value {
        Value::Counter(read) | Value::Gauge(read) | Value::Peak(read) => {
            write_sample(text, name, labels, &read(stats))
        }
        Value::Causes(causes) => causes.iter().try_for_each(|(cause, read)| {
            let separator = if labels.is_empty() { "" } else { "," };
            let labels = format!("{labels}{separator}cause=\"{cause}\"");
            write_sample(text, name, &labels, &read(stats))
        }),
        Value::Time(read) => match read(stats) {
            Some(time) => write_sample(text, name, labels, &time.as_secs_f64()),
            None => Ok(()),
        },
    }
}

fn write_sample(text: &mut String, name: &str, labels: &str, value: &dyn Display) -> fmt::Result {
    if labels.is_empty() {
        writeln!(text, "{name} {value}")
    } else {
        writeln!(text, "{name}{{{labels}}} {value}")
    }
}

/// Returns labels as they are written between braces.
fn rendered(labels: &[(&str, String)]) -> String {
    let labels = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    labels.collect::<Vec<_>>().join(",")
}

/// Returns the value of a label with the three escapes of the format.
fn escaped(value: &str) -> String {
    // The backslash first: the other escapes have one.
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
