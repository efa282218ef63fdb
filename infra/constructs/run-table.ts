import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { expiryAttribute, stateIndex, tableKeys } from '../../lib/dynamodb/table.ts';

interface RunTableProps {
  /** Default: the table outlives its stack. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** The one table: the truth of every run. */
export class RunTable extends Construct {
  readonly table: Table;
  /** The index that nominates what is due. */
  readonly indexArn: string;

  constructor(scope: Construct, id: string, { removalPolicy = RemovalPolicy.RETAIN }: RunTableProps = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: tableKeys.partition, type: AttributeType.STRING },
      sortKey: { name: tableKeys.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: expiryAttribute,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: stateIndex.name,
      partitionKey: { name: stateIndex.partition, type: AttributeType.STRING },
      sortKey: { name: stateIndex.sort, type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.indexArn = `${this.table.tableArn}/index/${stateIndex.name}`;
  }
}
