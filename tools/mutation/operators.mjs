// The mutants of a source file: what a tired or mistaken author could have written instead, one small change each.
// A change is text for text, so that a mutant can be shown as a line and written to disk as it is.
import ts from 'typescript';

const K = ts.SyntaxKind;

/** What an operator may have been meant to be. Several where each is a mistake of its own kind. */
const OPERATORS = new Map([
  [K.LessThanToken, ['<=', '>=']],
  [K.LessThanEqualsToken, ['<', '>']],
  [K.GreaterThanToken, ['>=', '<=']],
  [K.GreaterThanEqualsToken, ['>', '<']],
  [K.EqualsEqualsEqualsToken, ['!==']],
  [K.ExclamationEqualsEqualsToken, ['===']],
  [K.AmpersandAmpersandToken, ['||']],
  [K.BarBarToken, ['&&']],
  [K.PlusToken, ['-']],
  [K.MinusToken, ['+']],
  [K.AsteriskToken, ['+']],
  [K.AmpersandToken, ['|']],
  [K.BarToken, ['&']],
  [K.PlusEqualsToken, ['-=']],
  [K.MinusEqualsToken, ['+=']],
  [K.AmpersandEqualsToken, ['|=']],
  [K.BarEqualsToken, ['&=']],
]);

/** Not looked into: they say nothing about memory, and no test is to hold a message to the letter. */
const SAID = /^(refuse|broken|fault|assertNever)$|Error$/;

/**
 * @typedef {{ at: number, end: number, text: string, kind: string }} Change `text` goes where `at` to `end` was.
 * @param checker of the program that `file` is in; null: arguments are not swapped
 * @returns {Change[]}
 */
export function changesOf(file, checker) {
  const found = [];
  const text = file.getFullText();
  const put = (kind, from, to, instead) => found.push({ at: from, end: to, text: instead, kind });
  const over = (kind, node, instead) => put(kind, node.getStart(file), node.getEnd(), instead);
  const read = (node) => node.getText(file);

  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isCallExpression(node) && SAID.test(nameOf(node.expression))) return;
    if (ts.isNewExpression(node) && SAID.test(nameOf(node.expression))) return;
    look(node);
    ts.forEachChild(node, visit);
  };

  const look = (node) => {
    if (ts.isBinaryExpression(node)) binary(node);
    else if (ts.isIfStatement(node)) condition('condition', node.expression, node);
    else if (ts.isConditionalExpression(node)) {
      over('arms', node, `${read(node.condition)} ? ${read(node.whenFalse)} : ${read(node.whenTrue)}`);
    } else if (ts.isPrefixUnaryExpression(node)) prefix(node);
    else if (ts.isPostfixUnaryExpression(node)) {
      const { operator, operand } = node;
      over('step', node, `${read(operand)}${operator === K.PlusPlusToken ? '--' : '++'}`);
    } else if (ts.isNumericLiteral(node)) number(node);
    else if (node.kind === K.TrueKeyword) over('boolean', node, 'false');
    else if (node.kind === K.FalseKeyword) over('boolean', node, 'true');
    else if (ts.isCallExpression(node)) swapped(node);
    if (ts.isStatement(node)) statement(node);
  };

  const binary = ({ left, right, operatorToken }) => {
    const { kind } = operatorToken;
    // Text is glued with + too; no mistake of a memory model is hidden there.
    if (kind === K.PlusToken && (isText(left, checker) || isText(right, checker))) return;
    for (const instead of OPERATORS.get(kind) ?? []) {
      const name = /^[<>]/.test(instead) && instead[0] === operatorToken.getText(file)[0] ? 'boundary' : 'operator';
      over(name, operatorToken, instead);
    }
    if (kind === K.AmpersandAmpersandToken || kind === K.BarBarToken) {
      put('test-left-out', left.getStart(file), right.getStart(file), '');
      put('test-left-out', left.getEnd(), right.getEnd(), '');
    }
  };

  const condition = (kind, expression) => over(kind, expression, `!(${read(expression)})`);

  const prefix = (node) => {
    if (node.operator === K.ExclamationToken) over('not', node, read(node.operand));
    else if (node.operator === K.TildeToken) over('complement', node, read(node.operand));
    else if (node.operator === K.MinusToken && !ts.isNumericLiteral(node.operand))
      over('minus', node, read(node.operand));
    else if (node.operator === K.PlusPlusToken) over('step', node, `--${read(node.operand)}`);
    else if (node.operator === K.MinusMinusToken) over('step', node, `++${read(node.operand)}`);
  };

  const number = (node) => {
    if (ts.isEnumMember(node.parent) || ts.isPropertyAssignment(node.parent) && node.parent.name === node) return;
    if (ts.isLiteralTypeNode(node.parent)) return;
    const value = Number(node.text);
    if (!Number.isSafeInteger(value)) return;
    over('constant', node, String(value + 1));
    if (value > 0) over('constant', node, String(value - 1));
  };

  /** Two arguments in a row that could stand in each other's place. */
  const swapped = (node) => {
    if (checker === null) return;
    for (let i = 0; i + 1 < node.arguments.length; i++) {
      const [one, two] = [node.arguments[i], node.arguments[i + 1]];
      if (read(one) === read(two) || ts.isFunctionLike(one) || ts.isFunctionLike(two)) continue;
      const [a, b] = [one, two].map((arg) =>
        checker.typeToString(checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(arg)))
      );
      if (a !== b || a === 'any') continue;
      put('arguments', one.getStart(file), two.getEnd(),
        `${read(two)}${text.slice(one.getEnd(), two.getStart(file))}${read(one)}`);
    }
  };

  const statement = (node) => {
    const { parent } = node;
    const nothing = ts.isBlock(parent) || ts.isCaseOrDefaultClause(parent) ? '' : ';';
    if (ts.isExpressionStatement(node)) {
      if (ts.isCallExpression(node.expression) && SAID.test(nameOf(node.expression.expression))) return;
      over(/emit\(/.test(read(node)) ? 'emit-left-out' : 'statement-left-out', node, nothing);
    } else if (ts.isIfStatement(node) && node.elseStatement === undefined && !onlyThrows(node.thenStatement)) {
      over('if-left-out', node, nothing);
    } else if (ts.isIfStatement(node) && node.elseStatement !== undefined) {
      over('else-left-out', node, `if (${read(node.expression)}) ${read(node.thenStatement)}`);
    } else if ((ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isWhileStatement(node))
      && ts.isBlock(parent))
    {
      over('loop-left-out', node, nothing);
    } else if (ts.isReturnStatement(node) && node.expression === undefined) over('goes-on', node, nothing);
    else if (ts.isContinueStatement(node)) over('goes-on', node, nothing);
    else if (ts.isBreakStatement(node) && !ts.isCaseOrDefaultClause(parent)) over('goes-on', node, nothing);
    else if (ts.isReturnStatement(node) && isBoolean(node.expression, checker)) {
      over('answer', node.expression, 'true');
      over('answer', node.expression, 'false');
    }
  };

  visit(file);
  return found.filter(({ at, end, text: instead }) => text.slice(at, end) !== instead);
}

function nameOf(expression) {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
}

function onlyThrows(node) {
  return ts.isThrowStatement(node)
    || ts.isBlock(node) && node.statements.length === 1 && ts.isThrowStatement(node.statements[0]);
}

function isText(node, checker) {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return true;
  return checker !== null && (checker.getTypeAtLocation(node).flags & ts.TypeFlags.StringLike) !== 0;
}

function isBoolean(node, checker) {
  if (node.kind === K.TrueKeyword || node.kind === K.FalseKeyword || checker === null) return false;
  const flags = checker.getTypeAtLocation(node).flags;
  return (flags & ts.TypeFlags.BooleanLike) !== 0;
}
