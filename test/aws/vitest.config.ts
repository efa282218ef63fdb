import { defineConfig } from 'vitest/config';
import { CountReporter } from '../support/count-reporter.ts';

const conditions = ['holdfast-source', 'node'];

/** `npm run test:aws`: deploys the stack to whatever AWS_ENDPOINT_URL names. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    include: ['test/aws/**/*.aws.ts'],
    reporters: ['verbose', new CountReporter()],
    // Discovery ticks once a minute, and a lease must run out before it repairs.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    env: {
      AWS_REGION: process.env.AWS_REGION ?? 'us-east-1',
      AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'test',
      AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: '1',
      CDK_DISABLE_VERSION_CHECK: '1',
    },
  },
});
