import { isMasked, masked } from "./masked";
import { raw, type Sql } from "./template";
import { trustQuery, isCatalogued } from "./trusted";

/** A statement from its text; still the project's own, or masked, if the one that it was made from is. */
export function rewriteStatement(text: string, statement: Sql): Sql {
  if (isMasked(statement)) return masked(raw(text));
  return isCatalogued(statement) ? trustQuery(text) : raw(text);
}
