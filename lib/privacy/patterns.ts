/** A kind of text that names a person or opens a door. */
interface Shape {
  name: string;
  /** Linear in the length of the text: it consumes whatever it begins with, and what it found is judged afterwards. */
  pattern: RegExp;
  /**
   * All that is written like this, whether it can be such a number or not. Where values of one column are of this form
   * and few of them have the shape, they are something else.
   */
  form?: RegExp;
  /** What every such text holds, so that most texts need no look at the pattern. */
  needs?: (text: string) => boolean;
  /** What stands in place of what was found; undefined where it is none: a checksum says so, mostly. */
  instead?: (found: RegExpExecArray, text: string, at: number) => string | undefined;
  /** Somebody's data, which a statement must not hold either. */
  personal?: boolean;
  /** Plain digits that any number may happen to be. */
  bare?: boolean;
  /** A checksum of one digit is all that tells it from any other number: one in ten of those has it by chance. */
  doubtful?: boolean;
  /** It stands in what is printed every day: it is masked, and nothing to be alarmed about. */
  quiet?: boolean;
}

const dots = "•••";
const holding =
  (...parts: string[]) =>
  (text: string) =>
    parts.some((part) => text.includes(part));

/** What comes before a password or a token, in a setting, a log or a JSON object. */
const secretNames =
  "password|passwd|pwd|secret|token|api_?key|authorization|x-amz-security-token|aws_secret_access_key|aws_session_token|pgpassword|secretaccesskey|sessiontoken|db_password";
const endsInSecretName = new RegExp(`\\b(?:${secretNames})$`, "i");

/** Whether what stands under this name in an object is a password or a token. */
export function isSecretName(name: string): boolean {
  return endsInSecretName.test(name);
}

const shapes: Shape[] = [
  {
    name: "connection string with a password",
    pattern: /:\/\/([^\s:@/'"]{0,100}):(?!•)[^\s@/'"]{1,200}@/g,
    needs: holding("://"),
    instead: ([, user]) => `://${user}:${dots}@`,
    quiet: true,
  },
  {
    name: "password or token",
    pattern: new RegExp(`\\b((?:${secretNames})["']?\\s*[=:]\\s*["']?)(?!•)[^\\s"',;&}]{1,2000}`, "gi"),
    needs: (text) => /[=:]/.test(text) && /pass?w|pwd|secret|token|api_?key|authorization/i.test(text),
    instead: ([, name]) => `${name}${dots}`,
    quiet: true,
  },
  {
    name: "private key",
    // where no end stands within reach, all that could be the key goes
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----END)[\s\S]){0,8000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
    needs: holding("PRIVATE KEY-----"),
  },
  {
    name: "token",
    pattern: /\beyJ[\w-]*(\.[\w-]*(?:\.[\w-]*)?)?/g,
    needs: holding("eyJ"),
    instead: ([found]) => (/^eyJ[\w-]{8,}\.[\w-]{8,}/.test(found) ? dots : undefined),
  },
  {
    name: "token",
    pattern: /\b(?:gh[pousr]_\w{20,255}|xox[abprs]-[\w-]{10,255}|[sr]k_(?:live|test)_\w{10,255}|sk-[\w-]{20,255})/g,
    needs: holding("gh", "xox", "sk", "rk_"),
  },
  { name: "access key", pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, needs: holding("AKIA", "ASIA") },
  {
    name: "password hash",
    pattern:
      /\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[^\s"']{10,300}|\bpbkdf2[_:][^\s"']{10,300}|\bscrypt[:$][^\s"']{10,300}|\bSCRAM-SHA-256\$[^\s"']{10,300}|\$[156]\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{20,90}/g,
    needs: holding("$2", "$argon2", "pbkdf2", "scrypt", "SCRAM-SHA-256", "$1$", "$5$", "$6$"),
  },
  // what PostgreSQL repeats of a row when it complains
  {
    name: "row in an error",
    pattern: /\bFailing row contains \((?!•)([^\n]*)/g,
    needs: holding("Failing row contains ("),
    instead: ([, row]) => `Failing row contains (${dots})${row.slice(row.lastIndexOf(")") + 1 || row.length)}`,
    quiet: true,
  },
  {
    name: "row in an error",
    pattern: /\bKey \(([^)\n]*)(?:\)(=\((?!•)[^)\n]*\)?)?)?/g,
    needs: holding(")=("),
    instead: ([, columns, values]) => (values === undefined ? undefined : `Key (${columns})=(${dots})`),
    quiet: true,
  },
  {
    name: "value in an error",
    pattern: /\b((?:invalid input (?:syntax|value)|malformed|field value out of range)[^:"\n]*)(: "(?!•)[^"\n]*"?)?/g,
    needs: holding(': "'),
    instead: ([, what, value]) => (value === undefined ? undefined : `${what}: "${dots}"`),
    quiet: true,
  },
  {
    name: "value in an error",
    pattern: /\b(value )"(?!•)[^"\n]{0,2000}"( is out of range)/g,
    needs: holding('" is out of range'),
    instead: ([, before, after]) => `${before}"${dots}"${after}`,
    quiet: true,
  },
  {
    name: "value in an error",
    pattern:
      /\b((?:detail|where|hint|internalQuery): )(?:'(?!•)[^'\n]{1,8000}'|"(?!•)[^"\n]{1,8000}"|`(?!•)[^`\n]{1,8000}`)/g,
    needs: holding("detail: ", "where: ", "hint: ", "internalQuery: "),
    instead: ([, name]) => `${name}'${dots}'`,
    quiet: true,
  },
  {
    name: "e-mail address",
    pattern: /(?<![\w.%+-])[\w.%+-]+@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/gi,
    needs: holding("@"),
    instead: ([found], text, at) => (isNoAddress(text, at, found) ? undefined : dots),
    personal: true,
  },
  {
    name: "social security number",
    pattern: /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g,
    form: /(?<![\w.-])\d{3}-\d\d-\d{4}(?![\w-])/g,
    needs: (text) => /\d-\d\d-\d/.test(text),
    personal: true,
  },
  {
    name: "phone number",
    pattern:
      /(?<![\w.-])(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}(?![\w-])|(?<![\w.])\+[1-9]\d{9,14}(?!\d)/g,
    form: /(?<![\w.-])(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])|(?<![\w.])\+\d{10,15}(?!\d)/g,
    needs: (text) => /\d[-. ]\d{4}|\+\d{10}/.test(text),
    instead: ([found]) => (isPhone(found) ? dots : undefined),
    personal: true,
  },
  {
    name: "card number",
    pattern:
      /(?<![\w.-])(?:4\d{3}|5[1-5]\d\d|6\d{3}|2[2-7]\d\d)([ -])\d{4}\1\d{4}\1\d{4}(?![\w-])|(?<![\w.-])3[47]\d\d([ -])\d{6}\2\d{5}(?![\w-])/g,
    needs: (text) => /\d[ -]\d{4,6}[ -]\d/.test(text),
    instead: ([found]) => (hasLuhnDigit(found) ? dots : undefined),
    personal: true,
  },
  {
    name: "card number",
    pattern: /(?<![\w.-])(?:(?:4\d|5[1-5]|6\d|2[2-7])\d{14}|3[47]\d{13})(?![\w-])/g,
    form: /(?<![\w.-])\d{15,16}(?![\w-])/g,
    needs: (text) => /\d{15}/.test(text),
    instead: ([found]) => (hasLuhnDigit(found) ? dots : undefined),
    personal: true,
    doubtful: true,
  },
  {
    name: "NPI number",
    pattern: /(?<![\w.-])[12]\d{9}(?![\w-]|\.\d)/g,
    form: /(?<![\w.-])\d{10}(?![\w-]|\.\d)/g,
    // the prefix 80840 of health cards weighs 24 (CMS, "Requirements for NPI and NPI check digit")
    instead: ([found]) => (hasLuhnDigit(found, 24) ? dots : undefined),
    personal: true,
    bare: true,
    doubtful: true,
  },
  {
    name: "DEA number",
    pattern: /(?<!\w)[A-HJ-MPR-UX][A-Z9]\d{7}(?!\w)/g,
    form: /(?<!\w)[A-Z][A-Z9]\d{7}(?!\w)/g,
    needs: (text) => /[A-Z9]\d{7}/.test(text),
    instead: ([found]) => (isRegistered(found) ? dots : undefined),
    personal: true,
    doubtful: true,
  },
];

/**
 * What was found in a text: the shapes that it certainly has, those that chance may have made, and the text without
 * either.
 */
export interface Cut {
  text: string;
  sure: Set<string>;
  doubtful: Set<string>;
  /** Quiet ones among all of these. */
  quiet: Set<string>;
  /** Shapes that so few of the numbers have that could have it, that it is chance: they were left where they are. */
  chance: Set<string>;
  /** Shapes that most of what is written like them cannot have: what has them is no column of such values. */
  mixed: Set<string>;
}

/**
 * Whether so many numbers of one form have a right check digit by chance, as one in ten does. The bound is 4 standard
 * deviations of the binomial distribution above the mean, and at most six in ten of a few; or three in ten of many,
 * for numbers that count up are right in runs.
 */
function isChance(hits: number, all: number): boolean {
  const likely = Math.min(0.1 * all + 4 * Math.sqrt(0.09 * all) + 0.5, 0.6 * all);
  return all >= 4 && hits <= Math.max(likely, 0.3 * all);
}

/** Of numbers of persons so many are written right. */
const mostly = 0.9;

/**
 * Cuts out of a text what it must not hold. `bare` looks for plain digits too; what is in `except` is left. Takes
 * time in proportion to the length.
 */
export function cut(text: string, { bare = true, except = new Set<string>() }: CutOptions = {}): Cut {
  const found = beginCut(text);
  for (const shape of shapes)
    if ((bare || !shape.bare) && !except.has(shape.name) && (shape.needs?.(found.text) ?? true)) cutOne(shape, found);
  return found;
}

/** The shapes that numbers have by chance in texts that belong together, such as those of one table. */
export function findChanceMatches(texts: string[], bare: boolean): Set<string> {
  const found = beginCut(texts.join("\n"));
  for (const shape of shapes)
    if (shape.doubtful && (bare || !shape.bare) && (shape.needs?.(found.text) ?? true)) cutOne(shape, found);
  return found.chance;
}

export interface CutOptions {
  bare?: boolean;
  except?: ReadonlySet<string>;
}

function beginCut(text: string): Cut {
  return { text, sure: new Set(), doubtful: new Set(), quiet: new Set(), chance: new Set(), mixed: new Set() };
}

function cutOne({ name, pattern, form, instead, doubtful, quiet }: Shape, found: Cut): void {
  const { text } = found;
  let [all, hits, named, from] = [0, 0, 0, 0];
  const pieces: string[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    all++;
    const kept = instead ? instead(match, text, match.index) : dots;
    if (kept === undefined) continue;
    hits++;
    if (doubtful && hits <= looked && nearby.test(text.slice(Math.max(0, match.index - 24), match.index))) named++;
    pieces.push(text.slice(from, match.index), kept);
    from = pattern.lastIndex;
  }
  pattern.lastIndex = 0;
  if (hits === 0) return;
  const written = form === undefined ? all : Math.max(all, text.match(form)?.length ?? 0);
  if (doubtful && named === 0 && isChance(hits, written)) return void found.chance.add(name);
  if (hits < written * mostly) found.mixed.add(name);
  found.text = pieces.join("") + text.slice(from);
  const isSure = !doubtful || named > 0 || (hits >= 3 && hits >= written * 0.8);
  (isSure ? found.sure : found.doubtful).add(name);
  if (quiet) found.quiet.add(name);
}

/** Before so many numbers a word is looked for that says what they are. */
const looked = 20;

/** A word before a number that says what it is. */
const nearby = /(?:npi|dea|card|visa|amex|mastercard|provider|registration)[\w]*["']?\W{0,6}$/i;

/** The shapes of personal data and secrets that a text holds: an alarm behind the guard, not the gate. */
export function scan(text: string, { bare = true, quiet = true } = {}): string[] {
  const found = cut(text, { bare });
  return [...found.sure, ...found.doubtful].filter((name) => quiet || !found.quiet.has(name));
}

/** The shape of somebody's data in a literal, if it has one. */
export function matchPersonalShape(literal: string): string | undefined {
  return shapes.find(
    ({ personal, pattern, instead }) =>
      personal &&
      [...literal.matchAll(pattern)].some((match) => !instead || instead(match, literal, match.index) !== undefined),
  )?.name;
}

/**
 * The text with passwords, tokens, connection strings and the shapes of personal data masked; plain digits only where
 * `bare` says so.
 */
export function redact(text: string, { bare = true } = {}): string {
  return cut(text, { bare }).text;
}

/** The user in an address with `//`, or a Git remote: `git@github.com:org/repo.git`. */
function isNoAddress(text: string, at: number, found: string): boolean {
  if (text.startsWith("//", at - 2)) return true;
  const after = text.slice(at + found.length, at + found.length + 200);
  return /^(?:git|hg|svn)@/i.test(found) ? /^:[\w.~/-]/.test(after) : /^:[\w.~/-]*\.git\b/.test(after);
}

function hasLuhnDigit(text: string, before = 0): boolean {
  let [sum, index] = [before, 0];
  for (let at = text.length - 1; at >= 0; at--) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    sum += index++ % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

function isRegistered(text: string): boolean {
  const digit = (at: number) => text.charCodeAt(at + 2) - 48;
  return (digit(0) + digit(2) + digit(4) + 2 * (digit(1) + digit(3) + digit(5))) % 10 === digit(6);
}

/**
 * Whether a number of this form can be dialled: in North America neither area nor exchange begins with 0 or 1 or ends
 * with 11, and no area has 9 in its middle (NANPA, "Area codes"); elsewhere it begins with a country's code (ITU-T
 * E.164).
 */
function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (text.startsWith("+") && !digits.startsWith("1"))
    return /^(?:7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[05678]\d|9[679]\d)/.test(
      digits,
    );
  return /^1?(?!.11)[2-9][0-8]\d(?!.11)[2-9]\d{6}$/.test(digits);
}
