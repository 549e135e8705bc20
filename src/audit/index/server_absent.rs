//! In the place of `server`, in a build without the feature `postgres`: there is no address, and so no server.

use super::{Kept, Read, Written};
use crate::audit::Answer;
use crate::encoding::Malformed;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

type Stamped = (Vec<u8>, Vec<u8>);

/// The address of a database: in this build there is none.
#[derive(Clone, Copy, Debug)]
pub enum Address {}

#[derive(Debug)]
pub(in crate::audit) enum Server {}

#[derive(Debug)]
pub(super) struct Change<'a>(Infallible, PhantomData<&'a ()>);

impl Address {
    pub(super) fn parse(_: &str) -> Result<Self, Malformed> {
        let why = "this build keeps its index in a file; it has no PostgreSQL (cargo build --features postgres has)";
        Err(Malformed::new("address of a database", why))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl Server {
    pub(super) fn open(address: &Address) -> Kept<Self> {
        match *address {}
    }
    pub(super) fn to_ask(address: &Address) -> Kept<Self> {
        match *address {}
    }
    pub(in crate::audit) fn answer(&mut self, _: &str, _: &str, _: Option<&str>) -> Kept<Answer> {
        match *self {}
    }
    pub(super) fn question(&mut self, _: &[u8]) -> Kept<i64> {
        match *self {}
    }
    pub(super) fn bring_containers(&mut self, _: &Connection, _: &[Stamped]) -> Kept<()> {
        match *self {}
    }
    pub(super) fn bring_answers(&mut self, _: &Connection, _: &[Stamped], _: (i64, i64)) -> Kept<()> {
        match *self {}
    }
    pub(super) fn change(&mut self) -> Kept<Change<'_>> {
        match *self {}
    }
}

impl Change<'_> {
    pub(super) fn commit(self) -> Kept<()> {
        match self.0 {}
    }
    pub(super) fn numbers(&mut self, _: &str, _: usize) -> Kept<Vec<i64>> {
        match self.0 {}
    }
    pub(super) fn texts(&mut self, _: &BTreeMap<Vec<u8>, &str>) -> Kept<Vec<(i64, Vec<u8>)>> {
        match self.0 {}
    }
    pub(super) fn containers(&mut self, _: &[(Written, Read)]) -> Kept<Vec<i64>> {
        match self.0 {}
    }
    pub(super) fn attestations(&mut self, _: &Connection, _: &[i64]) -> Kept<()> {
        match self.0 {}
    }
    pub(super) fn answers(&mut self, _: &Connection, _: &[i64]) -> Kept<()> {
        match self.0 {}
    }
    pub(super) fn audit(&mut self, _: &Connection, _: (i64, &[u8]), _: Option<i64>) -> Kept<()> {
        match self.0 {}
    }
}
