/** A kind of text that names a person or opens a door. */
interface Shape {
  name: string;
  pattern: RegExp;
  /** Whether what the pattern found really is one; a checksum, mostly. */
  holds?: (found: string) => boolean;
  /** Somebody's data, which a statement must not hold either. */
  personal?: boolean;
  /** Plain digits that any number may happen to be. */
  bare?: boolean;
  /** It stands in what is printed every day: it is masked, and nothing to be alarmed about. */
  quiet?: boolean;
  /** What stays when it is masked. */
  keep?: string;
}

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
    pattern: /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/'"]{0,100}):(?!•)[^\s@/'"]{1,200}@/gi,
    keep: "$1:•••@",
    quiet: true,
  },
  {
    name: "password or token",
    pattern: new RegExp(`\\b((?:${secretNames})["']?\\s*[=:]\\s*["']?)(?!•)[^\\s"',;&}]{1,2000}`, "gi"),
    keep: "$1•••",
    quiet: true,
  },
  {
    name: "private key",
    pattern: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|$)/g,
  },
  { name: "token", pattern: /\beyJ[\w-]{8,4000}\.[\w-]{8,8000}(?:\.[\w-]{0,2000})?/g },
  {
    name: "token",
    pattern: /\b(?:gh[pousr]_\w{20,255}|xox[abprs]-[\w-]{10,255}|[sr]k_(?:live|test)_\w{10,255}|sk-[\w-]{20,255})/g,
  },
  { name: "access key", pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  {
    name: "password hash",
    pattern:
      /\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$[^\s"']{10,300}|\bpbkdf2[_:][^\s"']{10,300}|\bscrypt[:$][^\s"']{10,300}|\bSCRAM-SHA-256\$[^\s"']{10,300}|\$[156]\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{20,90}/g,
  },
  // what PostgreSQL repeats of a row when it complains
  {
    name: "row in an error",
    pattern: /\b(Failing row contains )\((?!•)[^\n]{0,8000}\)/g,
    keep: "$1(•••)",
    quiet: true,
  },
  {
    name: "row in an error",
    pattern: /\b(Key \([^)\n]{1,300}\)=)\((?!•)[^)\n]{0,2000}\)/g,
    keep: "$1(•••)",
    quiet: true,
  },
  {
    name: "value in an error",
    pattern:
      /\b((?:invalid input (?:syntax|value)|malformed|field value out of range)[^:"\n]{0,80}: )"(?!•)[^"\n]{0,2000}"/g,
    keep: '$1"•••"',
    quiet: true,
  },
  {
    name: "value in an error",
    pattern: /\b(value )"(?!•)[^"\n]{0,2000}"( is out of range)/g,
    keep: '$1"•••"$2',
    quiet: true,
  },
  {
    name: "value in an error",
    pattern:
      /\b((?:detail|where|hint|internalQuery): )(?:'(?!•)[^'\n]{1,8000}'|"(?!•)[^"\n]{1,8000}"|`(?!•)[^`\n]{1,8000}`)/g,
    keep: "$1'•••'",
    quiet: true,
  },
  {
    name: "e-mail address",
    pattern: /(?<!\/\/)(?<![\w.%+-])[\w.%+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/gi,
    personal: true,
  },
  {
    name: "social security number",
    pattern: /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g,
    personal: true,
  },
  {
    name: "phone number",
    pattern:
      /(?<![\w.-])(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}(?![\w-])|(?<![\w.])\+[1-9]\d{9,14}(?!\d)/g,
    personal: true,
  },
  {
    name: "card number",
    pattern:
      /(?<![\w.-])(?:4\d{3}|5[1-5]\d\d|6\d{3}|2[2-7]\d\d)([ -]?)\d{4}\1\d{4}\1\d{4}(?![\w-])|(?<![\w.-])3[47]\d\d([ -]?)\d{6}\2\d{5}(?![\w-])/g,
    holds: luhn,
    personal: true,
  },
  {
    name: "NPI number",
    pattern: /(?<![\w.-])[12]\d{9}(?![\w-]|\.\d)/g,
    holds: (found) => luhn(`80840${found}`),
    personal: true,
    bare: true,
  },
  { name: "DEA number", pattern: /(?<!\w)[A-HJ-MPR-UX][A-Z9]\d{7}(?!\w)/g, holds: registered, personal: true },
];

/** The shapes of personal data and secrets that a text holds: an alarm behind the guard, not the gate. */
export function scan(text: string, { bare = true, quiet = true } = {}): string[] {
  return [
    ...new Set(
      shapes
        .filter((shape) => (bare || !shape.bare) && (quiet || !shape.quiet) && holds(shape, text))
        .map(({ name }) => name),
    ),
  ];
}

/** The shape of somebody's data in a literal, if it has one. */
export function personalShape(literal: string): string | undefined {
  return shapes.find((shape) => shape.personal && holds(shape, literal))?.name;
}

/** The text with passwords, tokens, connection strings and the shapes of personal data masked; plain digits only where `bare` says so. */
export function redact(text: string, { bare = true } = {}): string {
  return shapes
    .filter((shape) => bare || !shape.bare)
    .reduce(
      (masked, { pattern, holds, keep = "•••" }) =>
        holds === undefined
          ? masked.replace(pattern, keep)
          : masked.replace(pattern, (found) => (holds(found) ? keep : found)),
      text,
    );
}

function holds({ pattern, holds }: Shape, text: string): boolean {
  return [...text.matchAll(pattern)].some(([found]) => holds?.(found) ?? true);
}

function luhn(text: string): boolean {
  const digits = [...text.replace(/\D/g, "")].reverse().map(Number);
  const sum = digits.reduce(
    (total, digit, index) => total + (index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2),
    0,
  );
  return sum % 10 === 0;
}

function registered(text: string): boolean {
  const [a, b, c, d, e, f, check] = [...text.slice(2)].map(Number);
  return (a + c + e + 2 * (b + d + f)) % 10 === check;
}
