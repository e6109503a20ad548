using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>The rules of a pod spec that people run into.</summary>
internal static class PodSpecRules
{
    public static void Validate(JsonObject? spec, string path, CauseList causes)
    {
        if (spec is null)
        {
            causes.Required(path + ".containers");
            return;
        }

        if (spec.Arr("containers") is not { Count: > 0 })
        {
            causes.Required(path + ".containers");
        }

        var volumes = Distinct(spec, "volumes", path, causes);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            var index = 0;
            foreach (var container in spec.Each(list))
            {
                ValidateContainer(container, $"{path}.{list}[{index++}]", names, volumes, causes);
            }
        }

        if (spec.Str("restartPolicy") is { } policy and not ("Always" or "OnFailure" or "Never"))
        {
            causes.NotSupported(path + ".restartPolicy", policy, "Always", "OnFailure", "Never");
        }

        if (spec.Str("dnsPolicy") is { } dns and not ("ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
        {
            causes.NotSupported(path + ".dnsPolicy", dns, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        }
    }

    private static void ValidateContainer(JsonObject container, string path, HashSet<string> names, HashSet<string> volumes, CauseList causes)
    {
        if (container.Str("name") is not { Length: > 0 } name)
        {
            causes.Required(path + ".name");
        }
        else if (Names.LabelProblem(name) is { } problem)
        {
            causes.Invalid(path + ".name", name, problem);
        }
        else if (!names.Add(name))
        {
            causes.Duplicate(path + ".name", name);
        }

        if (container.Str("image") is not { Length: > 0 })
        {
            causes.Required(path + ".image");
        }

        if (container.Str("imagePullPolicy") is { } policy and not ("Always" or "IfNotPresent" or "Never"))
        {
            causes.NotSupported(path + ".imagePullPolicy", policy, "Always", "IfNotPresent", "Never");
        }

        var index = 0;
        foreach (var port in container.Each("ports"))
        {
            PortRules.Validate(port["containerPort"], $"{path}.ports[{index}].containerPort", causes);
            PortRules.ValidateProtocol(port.Str("protocol"), $"{path}.ports[{index++}].protocol", causes);
        }

        index = 0;
        foreach (var env in container.Each("env"))
        {
            if (env.Str("name") is not { Length: > 0 } variable)
            {
                causes.Required($"{path}.env[{index}].name");
            }
            else if (Names.VariableProblem(variable) is { } problem)
            {
                causes.Invalid($"{path}.env[{index}].name", variable, problem);
            }

            index++;
        }

        index = 0;
        foreach (var mount in container.Each("volumeMounts"))
        {
            if (mount.Str("name") is not { Length: > 0 } volume)
            {
                causes.Required($"{path}.volumeMounts[{index}].name");
            }
            else if (!volumes.Contains(volume))
            {
                causes.NotFound($"{path}.volumeMounts[{index}].name", volume);
            }

            if (mount.Str("mountPath") is not { Length: > 0 })
            {
                causes.Required($"{path}.volumeMounts[{index}].mountPath");
            }

            index++;
        }
    }

    private static HashSet<string> Distinct(JsonObject spec, string list, string path, CauseList causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in spec.Each(list))
        {
            if (item.Str("name") is not { Length: > 0 } name)
            {
                causes.Required($"{path}.{list}[{index}].name");
            }
            else if (!names.Add(name))
            {
                causes.Duplicate($"{path}.{list}[{index}].name", name);
            }

            index++;
        }

        return names;
    }
}
