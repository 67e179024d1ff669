#!/usr/bin/env node
import '@cowlab/cli/bin';
