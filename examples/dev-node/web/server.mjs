import {readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {page} from './page.mjs'

const greeting = readFileSync('/etc/greeting', 'utf8').trim()

createServer(async (_request, response) => {
  const work = await fetch(process.env.WORKER).then(
    answer => answer.text(),
    () => 'nothing yet',
  )
  response.end(page({greeting, work}))
}).listen(8080)
