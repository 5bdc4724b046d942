//! Mutations that a seed decides.

use fastrand::Rng;

/// How large an input may become, in bytes.
const MAX_SIZE: usize = 256 * 1024;

/// How often something may be repeated. That is not done often, since it takes long.
const MAX_REPEATS: usize = 10_000;
const REPEATS_ONE_IN: u32 = 500;

/// What is done to an input, with what.
#[derive(Debug)]
pub struct Mutator {
    random: Rng,
    /// Inputs to start from.
    seeds: Vec<Vec<u8>>,
    /// What means something to the reader of the input.
    words: &'static [&'static [u8]],
}

impl Mutator {
    /// Mutations of these inputs, with these words put in, always the same.
    ///
    /// # Panics
    ///
    /// If there is no input or no word.
    #[must_use]
    pub fn new(seeds: Vec<Vec<u8>>, words: &'static [&'static [u8]]) -> Self {
        assert!(!seeds.is_empty() && !words.is_empty());
        Self {
            random: Rng::with_seed(1),
            seeds,
            words,
        }
    }

    fn mutated(&mut self) -> Vec<u8> {
        let mut input = self.seed().to_vec();
        let changes = *self.random.choice(&[1, 1, 2, 4]).expect("is one");
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

    fn word(&mut self) -> &'static [u8] {
        self.words[self.random.usize(..self.words.len())]
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let start = self.random.usize(..=input.len());
        let end = (start + self.random.usize(..20)).min(input.len());
        match self.random.u8(..8) {
            0 => drop(input.drain(start..end)),
            1 => insert(input, start, self.word()),
            2 => insert(input, start, &[self.random.u8(..)]),
            3 => input.truncate(start),
            4 => drop(input.splice(start..end, self.word().iter().copied())),
            5 => self.repeat(input, start, end),
            6 => self.cross(input, start),
            _ => self.change(input, start),
        }
    }

    fn repeat(&mut self, input: &mut Vec<u8>, start: usize, end: usize) {
        let repeats = match self.random.u32(..REPEATS_ONE_IN) {
            0 => self.random.usize(..MAX_REPEATS),
            _ => 1,
        };
        let part = match self.random.bool() {
            true => self.word().repeat(repeats),
            false => input[start..end].repeat(repeats),
        };
        insert(input, start, &part);
    }

    /// Goes on with the rest of another input.
    fn cross(&mut self, input: &mut Vec<u8>, place: usize) {
        let other = self.seed().to_vec();
        let start = self.random.usize(..=other.len());
        input.truncate(place);
        input.extend_from_slice(&other[start..]);
    }

    fn change(&mut self, input: &mut [u8], place: usize) {
        let bit = 1 << self.random.u32(..8);
        let byte = *self
            .random
            .choice(&[0, 1, 0x7f, 0x80, 0xff])
            .expect("is one");
        let is_bit = self.random.bool();
        if let Some(changed) = input.get_mut(place) {
            *changed = if is_bit { *changed ^ bit } else { byte };
        }
    }
}

/// Mutation after mutation, without end.
impl Iterator for Mutator {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        Some(self.mutated())
    }
}

fn insert(input: &mut Vec<u8>, place: usize, part: &[u8]) {
    input.splice(place..place, part.iter().copied());
}
