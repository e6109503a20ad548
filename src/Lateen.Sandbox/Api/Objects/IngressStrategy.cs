using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Ingresses: something is served, and each path says how it is compared.</summary>
internal sealed class IngressStrategy(ApiResource resource) : PlainStrategy(resource)
{
    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        base.Validate(obj, old, causes);
        var spec = obj.Obj("spec");
        if (spec.Obj("defaultBackend") is null && spec.Arr("rules") is not { Count: > 0 })
        {
            causes.Invalid("spec", (JsonNode?)null, "either `defaultBackend` or `rules` must be specified");
        }

        var rule = 0;
        foreach (var entry in spec.Each("rules"))
        {
            var index = 0;
            foreach (var path in entry.Obj("http").Each("paths"))
            {
                ValidatePath(path, $"spec.rules[{rule}].http.paths[{index++}]", causes);
            }

            rule++;
        }
    }

    private static void ValidatePath(JsonObject path, string at, CauseList causes)
    {
        var type = path.Str("pathType");
        if (type is null)
        {
            causes.Required(at + ".pathType", "pathType must be specified");
        }
        else if (type is not ("Exact" or "Prefix" or "ImplementationSpecific"))
        {
            causes.NotSupported(at + ".pathType", type, "Exact", "ImplementationSpecific", "Prefix");
        }
        else if (type != "ImplementationSpecific" && path.Str("path") is not ['/', ..])
        {
            causes.Invalid(at + ".path", path.Str("path") ?? "", "must be an absolute path");
        }
    }
}
