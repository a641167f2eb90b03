import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArmError } from "../../../src/arm/errors.ts";
import { apiVersionOf, match, type Route } from "../../../src/arm/router.ts";

const route = (method: string, path: string, versions: Route["versions"] = "any"): Route => ({
  method,
  path,
  versions,
  handle: () => ({ status: 200 }),
});

const app = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.App/containerApps/{app}";
const routes = [route("GET", "/subscriptions"), route("GET", app), route("PUT", app), route("POST", `${app}/start`)];

describe("the local Azure's router", () => {
  test("fixed parts ignore case, and variables keep theirs", () => {
    const found = match(routes, "GET", "/SUBSCRIPTIONS/S/resourcegroups/RG/PROVIDERS/microsoft.app/containerapps/App");
    expect(found?.params).toEqual({ subscription: "S", group: "RG", app: "App" });
    expect(found?.route.path).toBe(app);
  });

  test("variables are decoded, and a path with invalid percent-encoding matches nothing", () => {
    const path = (group: string) => `/subscriptions/s/resourceGroups/${group}/providers/Microsoft.App/containerApps/a`;
    expect(match(routes, "GET", path("my%20group"))?.params.group).toBe("my group");
    expect(match(routes, "GET", path("%E0%A4%A"))).toBeUndefined();
  });

  test("variables keep their exact value, whatever the case of the fixed parts", () => {
    const segment = fc.string({ minLength: 1 }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(segment, segment, segment, fc.boolean(), (subscription, group, name, upper) => {
        const [s, g, a] = [subscription, group, name].map(encodeURIComponent);
        const fixed = (text: string): string => (upper ? text.toUpperCase() : text);
        const path = `/${fixed("subscriptions")}/${s}/${fixed("resourceGroups")}/${g}/${fixed("providers/Microsoft.App/containerApps")}/${a}/`;
        expect(match(routes, "PUT", path)?.params).toEqual({ subscription, group, app: name });
      }),
    );
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (method, path) => void match(routes, method, path)));
  });

  test("api-version must be present, well-formed and supported by the type", () => {
    const code = (query: string, versions: Route["versions"]): string | undefined => {
      try {
        apiVersionOf(route("GET", app, versions), new URLSearchParams(query));
        return undefined;
      } catch (error) {
        return error instanceof ArmError ? error.code : String(error);
      }
    };
    expect(code("", "any")).toBe("MissingApiVersionParameter");
    expect(code("api-version=latest", "any")).toBe("InvalidApiVersionParameter");
    expect(code("api-version=2019-01-01", ["2025-07-01"])).toBe("NoRegisteredProviderFound");
    expect(code("api-version=2025-07-01", ["2025-07-01"])).toBeUndefined();
    expect(code("", "none")).toBeUndefined();
  });
});
