import { isColumn, isComment, isConstraint, isPrivilege } from "../../kinds";
import { quoteName } from "../../sql/quote";
import type { View } from "../compare/view";
import type { SchemaObject } from "../read/snapshot";
import { alterTable, nameRelation, nameTarget } from "./name";
import { listUsual, writePrivilegeSteps, writeSystemPrivileges } from "./privilege";
import { dropUncommon } from "./uncommon";

/** The statement that takes an object away: one, or several on one line. */
export function dropStatement(object: SchemaObject, view?: View): string {
  const { kind, name, on } = object;
  if (isColumn(kind) || isConstraint(object.kind))
    return `${alterTable(object)} drop ${isColumn(kind) ? kind : "constraint"} ${quoteName(name)};`;
  if (isPrivilege(kind) && !on) return writeSystemPrivileges(object, "undone").join(" ");
  if (isPrivilege(kind))
    return writePrivilegeSteps(object, object.attributes.privileges as string[], listUsual(object, view)).join(" ");
  if (isComment(kind)) return `comment on ${nameCommentTarget(on!)} is null;`;
  return dropUncommon(object) ?? `drop ${nameTarget(object)};`;
}

export function nameCommentTarget(object: SchemaObject): string {
  const { kind, name } = object;
  if (isColumn(kind)) return `column ${nameRelation(object)}.${quoteName(name)}`;
  if (isConstraint(object.kind)) return `constraint ${quoteName(name)} on ${nameRelation(object)}`;
  return dropStatement(object)
    .replace(/^drop /, "")
    .replace(/;$/, "");
}
