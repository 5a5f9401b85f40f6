//! Mutations of seeds.

use longhaul_tests::Random;

/// An endless sequence of mutated seeds. It is the same every time.
pub(crate) struct Mutations {
    seeds: Vec<Vec<u8>>,
    random: Random,
}

/// What is inserted: what the formats are made of, and the numbers at which readers fail.
const TOKENS: [&[u8]; 48] = [
    b"\"",
    b"\"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"{}",
    b"[]",
    b",",
    b":",
    b";",
    b"<",
    b">",
    b"/",
    b"*",
    b"~",
    b"$",
    b"..",
    b"(",
    b"?@",
    b"=",
    b"-",
    b"+",
    b".",
    b"e",
    b"0",
    b"1e999",
    b"-0",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1800000000",
    b"null",
    b"true",
    b" ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
    b"PK\x03\x04",
];

/// The longest mutation.
const LONGEST: usize = 16 << 10;

impl Mutations {
    pub(crate) fn of(seeds: Vec<Vec<u8>>) -> Self {
        Self { seeds, random: Random::from_seed(1) }
    }

    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut input = self.random.one_of(&self.seeds);
        for _ in 0..=self.random.below(4) {
            self.mutate(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let (from, to) = self.range(input.len());
        match self.random.below(9) {
            0 if from < input.len() => input[from] ^= 1 << self.random.below(8),
            1 if from < input.len() => input[from] = self.random.below(256).to_le_bytes()[0],
            2 => drop(input.drain(from..to)),
            3 => input.truncate(to),
            4 => {
                let copied = input[from..to].to_vec();
                let (at, _) = self.range(input.len());
                input.splice(at..at, copied);
            }
            5 => {
                let other = self.random.one_of(&self.seeds);
                let (start, end) = self.range(other.len());
                input.splice(from..to, other[start..end].iter().copied());
            }
            6 => {
                let token = self.random.one_of(&TOKENS);
                input.splice(from..to, token.iter().copied());
            }
            _ => {
                let token = self.random.one_of(&TOKENS);
                input.splice(from..from, token.iter().copied());
            }
        }
    }

    /// A range of positions in an input of this length. It is often short.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let position = |random: &mut Random, limit: usize| {
            usize::try_from(random.below(limit as u64 + 1)).unwrap_or_default()
        };
        let from = position(&mut self.random, length);
        let most = if self.random.one_in(4) { length - from } else { (length - from).min(8) };
        (from, from + position(&mut self.random, most))
    }
}
