// Holds Kubernetes manifests against the API's published schemas: node validate.mjs file.yaml ...
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

for (const file of process.argv.slice(2)) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true })) {
    if (document.errors.length) throw document.errors[0];
    const manifest = document.toJS();
    const models = await import(`kubernetes-models/${manifest.apiVersion}`);
    const model = new models[manifest.kind](manifest);
    model.validate();
    console.log(`${manifest.apiVersion} ${manifest.kind} ${manifest.metadata.name}`);
  }
}
