//! Random mutations from a fixed seed.

use fastrand::Rng;

/// The largest size of an input, in bytes.
const MAX_SIZE: usize = 256 * 1024;

/// The largest number of repetitions in an input.
const MAX_REPEATS: usize = 10_000;

/// One in this number of repetitions repeats more than once, because long inputs take long.
const REPEATS_ONE_IN: u32 = 500;

/// An endless iterator over mutated inputs.
#[derive(Debug)]
pub struct Mutator {
    random: Rng,
    /// The inputs that mutations start from.
    seeds: Vec<Vec<u8>>,
    /// Tokens that are inserted into inputs.
    dictionary: &'static [&'static [u8]],
}

impl Mutator {
    /// Creates a mutator of these seeds, which inserts the tokens of the dictionary. Its sequence of
    /// inputs is always the same.
    ///
    /// # Panics
    ///
    /// Panics if there is no seed, or if the dictionary is empty.
    #[must_use]
    pub fn new(seeds: Vec<Vec<u8>>, dictionary: &'static [&'static [u8]]) -> Self {
        assert!(!seeds.is_empty() && !dictionary.is_empty());
        Self {
            random: Rng::with_seed(1),
            seeds,
            dictionary,
        }
    }

    /// Returns a seed with one to four changes.
    fn mutated(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        let changes = *self
            .random
            .choice(&[1, 1, 2, 4])
            .expect("the list is not empty");
        for _ in 0..changes {
            self.mutate(&mut input);
        }
        input.truncate(MAX_SIZE);
        input
    }

    fn seed(&mut self) -> &[u8] {
        let index = self.random.usize(..self.seeds.len());
        &self.seeds[index]
    }

    fn token(&mut self) -> &'static [u8] {
        self.dictionary[self.random.usize(..self.dictionary.len())]
    }

    /// Changes an input at a random place.
    fn mutate(&mut self, input: &mut Vec<u8>) {
        let start = self.random.usize(..=input.len());
        let end = (start + self.random.usize(..20)).min(input.len());
        match self.random.u8(..8) {
            0 => drop(input.drain(start..end)),
            1 => insert(input, start, self.token()),
            2 => insert(input, start, &[self.random.u8(..)]),
            3 => input.truncate(start),
            4 => drop(input.splice(start..end, self.token().iter().copied())),
            5 => self.repeat(input, start, end),
            6 => self.cross(input, start),
            _ => self.change(input, start),
        }
    }

    /// Inserts a part of the input, or a token, one or many times.
    fn repeat(&mut self, input: &mut Vec<u8>, start: usize, end: usize) {
        let repeats = match self.random.u32(..REPEATS_ONE_IN) {
            0 => self.random.usize(..MAX_REPEATS),
            _ => 1,
        };
        let part = match self.random.bool() {
            true => self.token().repeat(repeats),
            false => input[start..end].repeat(repeats),
        };
        insert(input, start, &part);
    }

    /// Replaces the rest of an input with that of another seed.
    fn cross(&mut self, input: &mut Vec<u8>, place: usize) {
        let other = self.seed().to_vec();
        let start = self.random.usize(..=other.len());
        input.truncate(place);
        input.extend_from_slice(&other[start..]);
    }

    /// Flips a bit, or replaces a byte.
    fn change(&mut self, input: &mut [u8], place: usize) {
        let bit = 1 << self.random.u32(..8);
        let byte = *self
            .random
            .choice(&[0, 1, 0x7f, 0x80, 0xff])
            .expect("the list is not empty");
        let is_bit = self.random.bool();
        if let Some(changed) = input.get_mut(place) {
            *changed = if is_bit { *changed ^ bit } else { byte };
        }
    }
}

impl Iterator for Mutator {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        Some(self.mutated())
    }
}

fn insert(input: &mut Vec<u8>, place: usize, part: &[u8]) {
    input.splice(place..place, part.iter().copied());
}
