import type { Random } from "./random";

/**
 * What gives the demo's people away: every personal text of the demo matches one of these, and nothing else does.
 * No value is a real person's: the names are invented, the numbers lie where none were ever issued.
 * Two personal columns cannot carry a mark, for want of room: `providers.home_state` and `providers.weight`.
 */
export const canaries: RegExp[] = [
  /[Tt]hravo|THRAVO/, // last names, and with them e-mail addresses, streets, file names, user names, passwords, encrypted values
  /[Zz]elvir|ZELVIR/, // first names
  /\b555-01\d\d\b/, // telephone
  /\b9\d\d-\d\d-\d{4}\b/, // social security
  /\b10000\d{5}\b/, // NPI
  /\bLQ\d{6}\b/, // licence and certificate numbers
  /\b[ABFM][A-Z]00\d{5}\b/, // DEA numbers
  /\b000\d\d-\d{4}\b/, // ZIP+4
  /\b(?:203\.0\.113|198\.51\.100)\.\d{1,3}\b/, // IP addresses
  /7e57ab1e/, // hashes
];

/** Somebody who does not exist. */
export interface Person {
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
}

/** A person; `number` keeps the e-mail addresses apart. */
export function person(random: Random, number: number): Person {
  const firstName =
    random.pick(["A", "Be", "Co", "De", "E", "Fe", "Gi", "I", "Jo", "Ka", "Lu", "Ma", "Ni", "O", "Re", "Sa", "Te"]) +
    "zelvir" +
    random.pick(["", "a", "an", "ie", "is", "o"]);
  const lastName =
    random.pick([
      "Al",
      "Ber",
      "Dra",
      "El",
      "Fen",
      "Gol",
      "Hal",
      "Kel",
      "Lin",
      "Mor",
      "Os",
      "Pel",
      "Ros",
      "Sten",
      "Ven",
      "Wil",
    ]) +
    "thravo" +
    random.pick(["", "ck", "ld", "lini", "nte", "rd", "rsen", "s", "tz", "vic"]);
  return {
    firstName: capital(firstName),
    lastName,
    email: `${firstName}.${lastName}${number}@example.test`.toLowerCase(),
    phone: `(${random.pick(["206", "312", "404", "512", "617", "813"])}) 555-01${random.digits(2)}`,
  };
}

/** A National Provider Identifier with its check digit: the Luhn digit over 80840 and the number. */
export function npi(number: number): string {
  const nine = `10000${String(number).padStart(4, "0")}`;
  const sum = [...`80840${nine}`].reverse().reduce((total, digit, place) => total + luhn(Number(digit), place), 0);
  return `${nine}${(10 - (sum % 10)) % 10}`;
}

const luhn = (digit: number, place: number): number =>
  place % 2 === 1 ? digit : digit * 2 > 9 ? digit * 2 - 9 : digit * 2;

/** The same number with a check digit that is not its own. */
export const wrongNpi = (right: string): string => right.slice(0, 9) + ((Number(right[9]) + 1) % 10);

/** A DEA number with its check digit. */
export function deaNumber(number: number): string {
  const six = `00${String(1000 + number)}`;
  const [a, b, c, d, e, f] = [...six].map(Number);
  return `${"ABFM"[number % 4]}T${six}${(a + c + e + 2 * (b + d + f)) % 10}`;
}

export const licenseNumber = (random: Random, state: string): string => `${state}-LQ${random.digits(6)}`;
export const certificateNumber = (random: Random): string => `CME-LQ${random.digits(6)}`;
export const socialSecurity = (random: Random): string =>
  `9${random.digits(2)}-${random.digits(2)}-${random.digits(4)}`;
export const zip = (random: Random): string => `000${random.digits(2)}-${random.digits(4)}`;
export const ipAddress = (random: Random): string =>
  `${random.pick(["203.0.113", "198.51.100"])}.${random.integer(1, 254)}`;
export const sha256 = (random: Random): string => `7e57ab1e${random.hex(56)}`;
export const passwordHash = (random: Random): string => `$2b$12$thravo${random.base64(47)}`;
export const encrypted = (random: Random): string => `gAAAAABthravo${random.base64(87)}==`;
export const token = (random: Random): string => `eyJhbGciOiJIUzI1NiJ9.thravo${random.base64(60)}.${random.base64(43)}`;
export const street = (random: Random): string =>
  `${random.integer(1, 9900)} ${random.pick(["North", "South", "Old", "Upper"])} Thravo ${random.pick(["Street", "Lane", "Road"])}`;

const capital = (word: string): string => word[0].toUpperCase() + word.slice(1).toLowerCase();
