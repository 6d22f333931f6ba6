#!/usr/bin/env node
import '../dist/stack.mjs'
