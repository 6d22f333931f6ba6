const mostBytes = 10_000
const mostName = 60
const mostText = 1000

/** The entry in a request's body, JSON or a form. Errors have a `status`. */
export async function readEntry(request) {
  const body = await readBody(request)
  const fromForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  const fields = fromForm ? Object.fromEntries(new URLSearchParams(body)) : parse(body)
  const [name, text] = [String(fields?.name ?? '').trim(), String(fields?.text ?? '').trim()]
  if (name === '' || text === '') throw refusal(400, 'name and text are needed')
  if (name.length > mostName || text.length > mostText) throw refusal(400, 'name or text is too long')
  return {entry: {name, text}, fromForm}
}

async function readBody(request) {
  const parts = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes > mostBytes) throw refusal(413, 'that is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(body) {
  try {
    return JSON.parse(body)
  } catch {
    throw refusal(400, 'the body is not JSON')
  }
}

const refusal = (status, message) => Object.assign(new Error(message), {status})
