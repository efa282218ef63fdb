import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type ITable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { expiryAttribute, stateIndex, tableKeys } from '../../lib/dynamodb/table.ts';

interface RunTableProps {
  /** Default: a new one. */
  readonly existing?: ITable | Table | undefined;
  readonly key: IKey | undefined;
  /** Default: the table outlives its stack. */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** The one table: the truth of every run. */
export class RunTable extends Construct {
  readonly table: ITable;
  /** The index that nominates what is due. */
  readonly indexArn: string;

  constructor(scope: Construct, id: string, props: RunTableProps) {
    super(scope, id);
    // The class differs from its interface only where properties may be given as undefined.
    this.table = (props.existing ?? this.#create(props)) as ITable;
    this.indexArn = `${this.table.tableArn}/index/${stateIndex.name}`;
  }

  #create({ key, removalPolicy = RemovalPolicy.RETAIN }: RunTableProps): Table {
    const table = new Table(this, 'Table', {
      partitionKey: { name: tableKeys.partition, type: AttributeType.STRING },
      sortKey: { name: tableKeys.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: expiryAttribute,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(key && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
      removalPolicy,
    });
    table.addGlobalSecondaryIndex({
      indexName: stateIndex.name,
      partitionKey: { name: stateIndex.partition, type: AttributeType.STRING },
      sortKey: { name: stateIndex.sort, type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }
}
