//! Random values, with a preference for those that encoders often get wrong.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use fastrand::Rng;

/// The maximum number of nested values in a message. Each adds at most two levels, so that the depth
/// stays below the limit of 100.
const MAX_VALUES: usize = 40;

/// Returns the random message of a seed.
pub(crate) fn sample<M: Sample>(seed: u64) -> M {
    let mut random = Rng::with_seed(seed);
    let left = random.usize(0..=MAX_VALUES);
    M::sample(&mut Source { random, left })
}

/// A type with random values.
pub(crate) trait Sample {
    fn sample(source: &mut Source) -> Self;
}

/// A random number generator, and the number of nested values that are left.
pub(crate) struct Source {
    random: Rng,
    left: usize,
}

impl Source {
    /// Returns a random element.
    pub(crate) fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        *self.random.choice(from).expect("elements")
    }

    /// Decides whether to add one more nested value.
    fn more(&mut self) -> bool {
        let more = self.left > 0 && self.random.u8(0..4) > 0;
        self.left -= usize::from(more);
        more
    }

    fn bytes(&mut self) -> Vec<u8> {
        // Above 127, a length takes two bytes.
        let limit = self.choose(&[0, 10, 300]);
        let size = self.random.usize(0..=limit);
        std::iter::repeat_with(|| self.random.u8(..))
            .take(size)
            .collect()
    }
}

impl Sample for () {
    fn sample(_: &mut Source) -> Self {}
}

impl Sample for bool {
    fn sample(source: &mut Source) -> Self {
        source.random.bool()
    }
}

/// Implements [`Sample`] for integers: the limits of the type, the limits of each encoded size, small
/// values such as those of enums, and arbitrary ones.
macro_rules! integers {
    ($($type:ident),*) => {$(
        impl Sample for $type {
            fn sample(source: &mut Source) -> Self {
                match source.random.u8(0..4) {
                    0 => source.choose(&[Self::MIN, Self::MAX, 0, 1, (0 as Self).wrapping_sub(1)]),
                    1 => 1 << source.random.u32(0..Self::BITS),
                    2 => source.random.$type(0..5),
                    _ => source.random.$type(..),
                }
            }
        }
    )*};
}

integers!(i32, i64, u32, u64);

/// Implements [`Sample`] for floating point numbers: special values, and arbitrary bits.
macro_rules! floats {
    ($($type:ident, $bits:ident);*) => {$(
        impl Sample for $type {
            fn sample(source: &mut Source) -> Self {
                if source.random.bool() {
                    return Self::from_bits(source.random.$bits(..));
                }
                source.choose(&[
                    0.0,
                    -0.0,
                    1.5,
                    Self::NAN,
                    Self::INFINITY,
                    Self::NEG_INFINITY,
                    Self::MIN,
                    Self::MAX,
                    Self::MIN_POSITIVE,
                    Self::from_bits(1),
                ])
            }
        }
    )*};
}

floats!(f32, u32; f64, u64);

impl Sample for String {
    fn sample(source: &mut Source) -> Self {
        let limit = source.choose(&[0, 10, 300]);
        let length = source.random.usize(0..=limit);
        let ends = ['\0', '\x7f', '\u{80}', '\u{ffff}', '\u{10000}', char::MAX];
        std::iter::repeat_with(|| match source.random.u8(0..4) {
            0 => source.choose(&ends),
            1 => source.random.char(..),
            _ => source.random.alphanumeric(),
        })
        .take(length)
        .collect()
    }
}

impl Sample for Vec<u8> {
    fn sample(source: &mut Source) -> Self {
        source.bytes()
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(source: &mut Source) -> Self {
        Self::new(T::sample(source))
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(source: &mut Source) -> Self {
        source.more().then(|| T::sample(source))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(source: &mut Source) -> Self {
        let mut list = Self::new();
        while source.more() {
            list.push(T::sample(source));
        }
        list
    }
}

impl<K: Sample + Eq + Hash, V: Sample> Sample for HashMap<K, V> {
    fn sample(source: &mut Source) -> Self {
        Vec::<(K, V)>::sample(source).into_iter().collect()
    }
}

impl<K: Sample + Ord, V: Sample> Sample for BTreeMap<K, V> {
    fn sample(source: &mut Source) -> Self {
        Vec::<(K, V)>::sample(source).into_iter().collect()
    }
}

impl<K: Sample, V: Sample> Sample for (K, V) {
    fn sample(source: &mut Source) -> Self {
        (K::sample(source), V::sample(source))
    }
}
