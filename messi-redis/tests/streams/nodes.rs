//! Servers of messi that are a cluster over a stream.

use futures::FutureExt;

use crate::suite::{Scenario, scenarios};

pub(crate) const ALL: &[Scenario] = scenarios![];
