//! The text of a query, read by descent.

use super::{Condition, Literal, Operator, Query};

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: [&str; 10] = ["!=", "<=", ">=", "<>", "=", "<", ">", "(", ")", ","];

/// Reads a query; the error is Salesforce's `MALFORMED_QUERY`.
pub(in super::super) fn parse(text: &str) -> Result<Query, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let query = reader.query()?;
    match reader.peek() {
        None => Ok(query),
        Some(token) => Err(format!("unexpected token: {token:?}")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let (text, after) = quoted(&rest[1..])?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "'!=<>(),".contains(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("unexpected character: {first}"));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// A text after its opening quote, and what follows it. SOQL and SOSL Reference, "Quoted String Escape Sequences".
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Ok((out, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, 'n' | 'N')) => out.push('\n'),
                Some((_, 'r' | 'R')) => out.push('\r'),
                Some((_, 't' | 'T')) => out.push('\t'),
                Some((_, c @ ('\'' | '"' | '\\'))) => out.push(c),
                // In a LIKE these stand for themselves; they stay escaped until then.
                Some((_, c @ ('_' | '%'))) => out.extend(['\\', c]),
                _ => return Err("invalid string literal: illegal escape".to_owned()),
            },
            c => out.push(c),
        }
    }
    Err("unterminated string literal".to_owned())
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned().ok_or("unexpected end of query")?;
        self.at += 1;
        Ok(token)
    }

    /// Whether the next token is this word, which is then passed.
    fn word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(text)) if text.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(name) => Ok(name),
            token => Err(format!("expecting a name, found {token:?}")),
        }
    }

    fn query(&mut self) -> Result<Query, String> {
        if !self.word("SELECT") {
            return Err("expecting SELECT".to_owned());
        }
        let mut fields = vec![self.name()?];
        while self.sign(",") {
            fields.push(self.name()?);
        }
        if !self.word("FROM") {
            return Err("expecting FROM".to_owned());
        }
        let object = self.name()?;
        let filter = if self.word("WHERE") { Some(self.condition()?) } else { None };
        let mut order = Vec::new();
        if self.word("ORDER") {
            if !self.word("BY") {
                return Err("expecting BY".to_owned());
            }
            loop {
                let name = self.name()?;
                let falls = self.word("DESC");
                if !falls {
                    self.word("ASC");
                }
                order.push((name, falls));
                if !self.sign(",") {
                    break;
                }
            }
        }
        let limit = if self.word("LIMIT") { Some(self.name()?.parse().map_err(|_| "LIMIT takes a number".to_owned())?) } else { None };
        Ok(Query { fields, object, filter, order, limit })
    }

    /// `AND` and `OR` do not mix without parentheses.
    fn condition(&mut self) -> Result<Condition, String> {
        let first = self.part()?;
        let is_next = |reader: &Self, word: &str| matches!(reader.peek(), Some(Token::Word(text)) if text.eq_ignore_ascii_case(word));
        let mut parts = vec![first];
        let joined_by = if is_next(self, "AND") { "AND" } else { "OR" };
        while self.word(joined_by) {
            parts.push(self.part()?);
        }
        if is_next(self, "AND") || is_next(self, "OR") {
            return Err("AND and OR need parentheses".to_owned());
        }
        Ok(match (parts.len(), joined_by) {
            (1, _) => parts.remove(0),
            (_, "AND") => Condition::All(parts),
            _ => Condition::Any(parts),
        })
    }

    fn part(&mut self) -> Result<Condition, String> {
        if self.word("NOT") {
            return Ok(Condition::Not(Box::new(self.part()?)));
        }
        if self.sign("(") {
            let inner = self.condition()?;
            return if self.sign(")") { Ok(inner) } else { Err("expecting )".to_owned()) };
        }
        let field = self.name()?;
        if self.word("IN") {
            return self.list(field);
        }
        let operator = match self.next()? {
            Token::Sign("=") => Operator::Equal,
            Token::Sign("!=" | "<>") => Operator::Unequal,
            Token::Sign("<") => Operator::Less,
            Token::Sign("<=") => Operator::AtMost,
            Token::Sign(">") => Operator::Greater,
            Token::Sign(">=") => Operator::AtLeast,
            Token::Word(word) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            token => return Err(format!("unexpected token: {token:?}")),
        };
        Ok(Condition::Compare { field, operator, value: self.literal()? })
    }

    fn list(&mut self, field: String) -> Result<Condition, String> {
        if !self.sign("(") {
            return Err("expecting (".to_owned());
        }
        let mut values = vec![self.literal()?];
        while self.sign(",") {
            values.push(self.literal()?);
        }
        if self.sign(")") { Ok(Condition::In { field, values }) } else { Err("expecting )".to_owned()) }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        Ok(match self.next()? {
            Token::Text(text) => Literal::Text(text),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => Literal::Null,
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Flag(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Flag(false),
            Token::Word(word) => Literal::Bare(word),
            Token::Sign(sign) => return Err(format!("unexpected token: {sign}")),
        })
    }
}
