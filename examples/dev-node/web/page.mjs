export const page = ({greeting, work}) => `${greeting} from the web, ${work} from the worker\n`
