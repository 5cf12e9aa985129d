// Reads Kubernetes objects from stdin as YAML, and prints what is wrong with them, a line each: against the OpenAPI schema of Kubernetes,
// which the package kubernetes-models has compiled to validators. The schema itself lets unknown fields pass, so those are found as what
// the validator never looked at.
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

const capital = (text) => text[0].toUpperCase() + text.slice(1);

// apps/v1 StatefulSet is io.k8s.api.apps.v1.StatefulSet, networking.k8s.io/v1 is io.k8s.api.networking.v1, and v1 io.k8s.api.core.v1.
async function validatorOf({ apiVersion, kind }) {
    const [version, group = "core"] = apiVersion.split("/").reverse();
    const name = `IoK8sApi${capital(group.split(".")[0])}${capital(version)}${kind}`;
    return (await import(`./node_modules/kubernetes-models/_schemas/${name}.js`)).validate;
}

// The same data, which notes the path of every field that is read.
function observed(data, path, read) {
    if (typeof data !== "object" || data === null) return data;
    return new Proxy(data, {
        get(target, key) {
            if (typeof key !== "string" || !Object.hasOwn(target, key)) return target[key];
            read.add(`${path}/${key}`);
            return observed(target[key], `${path}/${key}`, read);
        },
    });
}

// A field that was not read hides all below it.
function* unread(data, path, read) {
    if (typeof data !== "object" || data === null) return;
    for (const [key, value] of Object.entries(data)) {
        if (read.has(`${path}/${key}`)) yield* unread(value, `${path}/${key}`, read);
        else yield `${path}/${key}`;
    }
}

for (const document of parseAllDocuments(readFileSync(0, "utf8"))) {
    const object = document.toJS();
    const name = `${object.kind} ${object.metadata?.name}`;
    // Kubernetes takes base64 with line breaks, the schema's pattern does not.
    if (object.kind === "Secret") for (const key in object.data) object.data[key] = object.data[key].replaceAll("\n", "");
    const validate = await validatorOf(object);
    const read = new Set();
    if (!validate(observed(object, "", read))) {
        for (const error of validate.errors) console.log(`${name}: ${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`);
    }
    for (const path of unread(object, "", read)) console.log(`${name}: ${path} is unknown`);
}
