import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { awsClients } from '../../lib/compose/aws-clients.ts';
import { tableKeys } from '../../lib/dynamodb/table.ts';
import type { Work } from '../load.ts';
import { laterBy } from '../stack/far.ts';
import type { Stack } from '../stack/stack.ts';

/** What nothing that is durable can do without: one conditional write, by a client as Holdfast makes it. */
export function rawPuts({ env, table }: Stack, distanceMs = 0): Work {
  const later = laterBy(distanceMs);
  const { dynamodb } = awsClients(env);
  let written = 0;
  const own = crypto.randomUUID();
  return async () => {
    written += 1;
    const put = dynamodb.send(
      new PutCommand({
        TableName: table,
        Item: { [tableKeys.partition]: `${own}#${written}`, [tableKeys.sort]: 'PUT', value: written },
        ConditionExpression: 'attribute_not_exists(#0)',
        ExpressionAttributeNames: { '#0': tableKeys.partition },
      }),
    );
    await later(put);
  };
}
