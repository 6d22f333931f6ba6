import {readFileSync} from 'node:fs'
import {hostname} from 'node:os'
import pg from 'pg'

const table = `CREATE TABLE IF NOT EXISTS entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  text text NOT NULL,
  host text NOT NULL,
  written timestamptz NOT NULL DEFAULT now()
)`

/** One replica at a time makes the table; any number works. */
const lock = 20260101

/** The guestbook's entries in PostgreSQL. A connection that breaks is replaced at the next question. */
export function openEntries({DATABASE_URL, DATABASE_PASSWORD_FILE}) {
  const url = new URL(DATABASE_URL)
  if (DATABASE_PASSWORD_FILE) url.password = readFileSync(DATABASE_PASSWORD_FILE, 'utf8').trim()
  const pool = new pg.Pool({
    connectionString: url.href,
    max: 5,
    connectionTimeoutMillis: 3000,
    query_timeout: 5000,
  })
  pool.on('error', error => console.error(`database: ${error.message}`))
  let prepared

  async function query(text, values) {
    prepared ??= prepare().catch(error => {
      prepared = undefined
      throw error
    })
    await prepared
    return (await pool.query(text, values)).rows
  }

  async function prepare() {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SELECT pg_advisory_xact_lock($1)', [lock])
      await client.query(table)
      await client.query('COMMIT')
      client.release()
    } catch (error) {
      client.release(error)
      throw error
    }
  }

  return {
    latest: () => query('SELECT id::int, name, text, host, written FROM entries ORDER BY id DESC LIMIT 50'),
    add: async ({name, text}) =>
      (
        await query(
          'INSERT INTO entries (name, text, host) VALUES ($1, $2, $3) RETURNING id::int, name, text, host, written',
          [name, text, hostname()],
        )
      )[0],
    check: () => query('SELECT 1'),
  }
}
