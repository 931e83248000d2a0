import { continuesName, isDigit, startsName } from './characters.ts';
import { defineIdiom } from './defines.ts';
import type { Draft } from './draft.ts';
import { Directive, K } from './kinds.ts';

const newline = 10;
const backslash = 92;
const slash = 47;
const quote = 34;
const apostrophe = 39;

const conditionals: Readonly<Record<string, number>> = {
  if: Directive.if,
  ifdef: Directive.ifdef,
  ifndef: Directive.ifndef,
  elif: Directive.elif,
  elifdef: Directive.elifdef,
  elifndef: Directive.elifdef,
  else: Directive.else,
  endif: Directive.endif,
};

/**
 * Cuts the text into tokens. Comments are none; `#define`s are recorded and all directives but conditionals blanked,
 * because the grammar takes them only between whole items.
 */
export function lex(draft: Draft): void {
  const { text, units } = draft;
  const words = draft.tables.words;
  const length = units.length;
  let at = 0;
  let lineStart = true;
  while (at < length) {
    const unit = units[at]!;
    if (unit === newline) {
      lineStart = true;
      at++;
    } else if (unit <= 32) {
      if (unit === 12 || unit === 11) units[at] = 32; // form feeds: the grammar knows none
      at++;
    } else if (unit === slash && units[at + 1] === 42) at = blockCommentEnd(text, at);
    else if (unit === slash && units[at + 1] === slash) at = lineCommentEnd(text, at);
    else if (unit === 35 && lineStart) {
      at = directive(draft, at);
    } else {
      lineStart = false;
      const from = at;
      if (startsName(unit)) {
        do at++;
        while (at < length && continuesName(units[at]!));
        const prefixed =
          (units[at] === quote || units[at] === apostrophe) && at - from <= 2 && 'LuU'.includes(text[from]!);
        if (prefixed) {
          const kind = units[at] === quote ? K.string : K.character;
          at = literalEnd(draft, at);
          draft.push(kind, from, at);
        } else draft.push(words.get(text.slice(from, at)) ?? K.identifier, from, at);
      } else if (isDigit(unit) || (unit === 46 && isDigit(units[at + 1] ?? 0))) {
        at = numberEnd(draft, at);
        draft.push(K.number, from, at);
      } else if (unit === quote || unit === apostrophe) {
        at = literalEnd(draft, at);
        draft.push(unit === quote ? K.string : K.character, from, at);
      } else if (unit === backslash) {
        // A continuation outside a directive: the grammar takes it for white space too.
        at++;
      } else at = operator(draft, at);
    }
  }
  draft.finish();
}

function blockCommentEnd(text: string, at: number): number {
  const end = text.indexOf('*/', at + 2);
  return end < 0 ? text.length : end + 2;
}

/** The offset of the newline that ends a `//` comment, continued lines included. */
function lineCommentEnd(text: string, from: number): number {
  for (let at = from; ; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    const last = text.charCodeAt(end - 1) === 13 ? end - 2 : end - 1;
    if (text.charCodeAt(last) !== backslash) return end;
    at = end + 1;
  }
}

/** The end of a string or character literal; one without its closing quote ends with the line. */
function literalEnd(draft: Draft, from: number): number {
  const { units } = draft;
  const closing = units[from];
  let at = from + 1;
  while (at < units.length) {
    const unit = units[at]!;
    if (unit === backslash) at += 2;
    else if (unit === closing) return at + 1;
    else if (unit === newline) return at;
    else at++;
  }
  return units.length;
}

function numberEnd(draft: Draft, from: number): number {
  const { units } = draft;
  const hexadecimal = units[from] === 48 && (units[from + 1]! | 32) === 120;
  let at = from + 1;
  for (;;) {
    const unit = units[at] ?? 0;
    const exponent = (unit | 32) === 112 || (!hexadecimal && (unit | 32) === 101);
    if (exponent && (units[at + 1] === 43 || units[at + 1] === 45)) at += 2;
    else if (continuesName(unit)) at++;
    else if (unit === 46 && units[at + 1] !== 46 && units[at - 1] !== 46) at++;
    else return at;
  }
}

function operator(draft: Draft, at: number): number {
  const { units } = draft;
  const unit = units[at]!;
  const after = units[at + 1] ?? 0;
  let kind = unit;
  let length = 1;
  if (unit === 45 && after === 62) [kind, length] = [K.arrow, 2];
  else if (unit === 38 && after === 38) [kind, length] = [K.andAnd, 2];
  else if (unit === 46 && after === 46 && units[at + 2] === 46) [kind, length] = [K.ellipsis, 3];
  else if (after === 61 && '=!<>+-*/%&|^'.includes(String.fromCharCode(unit))) [kind, length] = [K.operator, 2];
  else if (unit === after && (unit === 124 || unit === 43 || unit === 45)) [kind, length] = [K.operator, 2];
  else if (unit === after && (unit === 60 || unit === 62)) [kind, length] = [K.operator, units[at + 2] === 61 ? 3 : 2];
  draft.push(kind, at, at + length);
  return at + length;
}

function directive(draft: Draft, from: number): number {
  const { text, units } = draft;
  let at = from + 1;
  while (units[at] === 32 || units[at] === 9) at++;
  const wordStart = at;
  while (units[at]! >= 97 && units[at]! <= 122) at++;
  const word = text.slice(wordStart, at);
  const end = directiveEnd(draft, at, word);
  const role = Object.hasOwn(conditionals, word) ? conditionals[word] : undefined;
  if (role) draft.push(K.directive, from, end, role);
  else {
    if (word === 'define') defineIdiom(draft, from, at, end);
    draft.blank(from, end);
  }
  return end;
}

/** The newline that ends a directive: continued lines and comments over several lines belong to it. */
function directiveEnd(draft: Draft, from: number, word: string): number {
  const { text, units } = draft;
  // In `#error don't` the quote is just that.
  const quotes = word === 'define' || word === 'include' || word === 'if' || word === 'elif';
  let at = from;
  while (at < units.length && units[at] !== newline) {
    const unit = units[at]!;
    if (unit === backslash)
      at += units[at + 1] === 13 && units[at + 2] === newline ? 3 : units[at + 1] === newline ? 2 : 1;
    else if (unit === slash && units[at + 1] === 42) at = blockCommentEnd(text, at);
    else if (unit === slash && units[at + 1] === slash) return lineCommentEnd(text, at);
    else if (quotes && (unit === quote || unit === apostrophe)) at = quotedEnd(draft, at);
    else at++;
  }
  return Math.min(at, units.length);
}

/** Past a quoted stretch of a directive's line; past the quote alone when nothing closes it there. */
function quotedEnd(draft: Draft, from: number): number {
  const { units } = draft;
  for (let at = from + 1; at < units.length && units[at] !== newline; at++) {
    if (units[at] === backslash) at++;
    else if (units[at] === units[from]) return at + 1;
  }
  return from + 1;
}
