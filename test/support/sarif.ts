import Ajv2020 from 'ajv/dist/2020';
import type { Log } from 'sarif';

const text = { type: 'string', minLength: 1 };
const message = {
  type: 'object',
  required: ['text'],
  properties: { text, markdown: text },
  additionalProperties: false,
};
const artifactLocation = {
  type: 'object',
  required: ['uri'],
  properties: { uri: { ...text, format: 'uri-reference', pattern: '^[^ \\\\]+$' }, uriBaseId: text },
  additionalProperties: false,
};
const region = {
  type: 'object',
  required: ['startLine'],
  properties: {
    startLine: { type: 'integer', minimum: 1 },
    startColumn: { type: 'integer', minimum: 1 },
    snippet: { type: 'object', required: ['text'], properties: { text }, additionalProperties: false },
  },
  additionalProperties: false,
};
const location = {
  type: 'object',
  required: ['physicalLocation'],
  properties: {
    id: { type: 'integer', minimum: -1 },
    message,
    physicalLocation: {
      type: 'object',
      required: ['artifactLocation', 'region'],
      properties: { artifactLocation, region },
      additionalProperties: false,
    },
    logicalLocations: { type: 'array', items: { type: 'object', required: ['name', 'kind'] } },
  },
  additionalProperties: false,
};
const list = (items: object, minItems = 0): object => ({ type: 'array', items, minItems });
const level = { enum: ['none', 'note', 'warning', 'error'] };

/**
 * What section 3 of the SARIF 2.1.0 specification requires of the parts that Lockstep writes, as a schema that refuses any
 * other part: the published schema has all of SARIF in it and is not part of this repository.
 */
const schema = {
  type: 'object',
  required: ['version', '$schema', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: text,
    version: { const: '2.1.0' },
    runs: list(
      {
        type: 'object',
        required: ['tool', 'results', 'columnKind', 'invocations'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name', 'version', 'rules'],
                properties: {
                  name: text,
                  version: text,
                  semanticVersion: { ...text, pattern: '^\\d+\\.\\d+\\.\\d+' },
                  rules: list({
                    type: 'object',
                    required: ['id', 'shortDescription', 'fullDescription', 'help'],
                    properties: {
                      id: text,
                      name: { ...text, pattern: '^\\w+$' },
                      shortDescription: message,
                      fullDescription: message,
                      help: message,
                      defaultConfiguration: { type: 'object', properties: { level }, additionalProperties: false },
                      properties: { type: 'object', properties: { tags: { type: 'array', uniqueItems: true } } },
                    },
                    additionalProperties: false,
                  }),
                },
                additionalProperties: false,
              },
            },
            additionalProperties: false,
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          originalUriBaseIds: {
            type: 'object',
            additionalProperties: { type: 'object', properties: { uri: { ...text, pattern: '^[a-z]+:.*/$' } } },
          },
          invocations: list({
            type: 'object',
            required: ['executionSuccessful'],
            properties: {
              executionSuccessful: { type: 'boolean' },
              toolExecutionNotifications: list({
                type: 'object',
                required: ['message'],
                properties: { message, level, locations: list(location) },
                additionalProperties: false,
              }),
            },
            additionalProperties: false,
          }),
          results: list({
            type: 'object',
            required: ['message', 'ruleId', 'ruleIndex', 'level', 'locations', 'partialFingerprints'],
            additionalProperties: false,
            properties: {
              ruleId: text,
              ruleIndex: { type: 'integer', minimum: 0 },
              level,
              rank: { type: 'number', minimum: 0, maximum: 100 },
              message,
              locations: list(location, 1),
              relatedLocations: list(location),
              codeFlows: list({
                type: 'object',
                required: ['threadFlows'],
                properties: {
                  threadFlows: list(
                    {
                      type: 'object',
                      required: ['locations'],
                      properties: {
                        locations: list({ type: 'object', required: ['location'], properties: { location } }, 1),
                      },
                      additionalProperties: false,
                    },
                    1,
                  ),
                },
                additionalProperties: false,
              }),
              partialFingerprints: { type: 'object', additionalProperties: text },
              suppressions: list({
                type: 'object',
                required: ['kind'],
                properties: {
                  kind: { enum: ['inSource', 'external'] },
                  status: { enum: ['accepted', 'underReview', 'rejected'] },
                  justification: text,
                  location,
                },
                additionalProperties: false,
              }),
              baselineState: { enum: ['new', 'unchanged', 'updated', 'absent'] },
              properties: { type: 'object' },
            },
          }),
        },
      },
      1,
    ),
  },
};

const validate = new Ajv2020({ allErrors: true, strict: false, formats: { 'uri-reference': true } }).compile(schema);

/** Fails for what is no SARIF 2.1.0 log as Lockstep writes it. */
export function assertSarif(log: Log): void {
  // What the file has, not what the object has: `undefined` is left out.
  const written = JSON.parse(JSON.stringify(log)) as Log;
  if (!validate(written)) throw new Error(JSON.stringify(validate.errors?.slice(0, 3)));
  for (const run of written.runs) {
    for (const r of run.results ?? []) {
      const rule = run.tool.driver.rules?.[r.ruleIndex!];
      if (rule?.id !== r.ruleId) throw new Error(`rule ${r.ruleIndex} is ${rule?.id}, not ${r.ruleId}`);
    }
  }
}
