/** Version of the queue messages. A service refuses a message of another version and leaves it in the queue. */
export const MESSAGE_VERSION = 1;

/** Version of the result files. Fields are added to a version, never changed or removed. */
export const RESULT_SCHEMA_VERSION = 1;
