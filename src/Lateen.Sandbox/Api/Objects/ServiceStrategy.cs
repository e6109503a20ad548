using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Services: port defaults, cluster addresses and node ports.</summary>
internal sealed class ServiceStrategy(ApiResource resource, ServiceAddresses addresses) : PlainStrategy(resource)
{
    public override void Default(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        spec.Default("sessionAffinity", "None");
        spec.Default("type", "ClusterIP");
        foreach (var port in spec.Each("ports"))
        {
            port.Default("protocol", "TCP");
            if (port["port"] is { } number)
            {
                port.Default("targetPort", number.DeepClone());
            }
        }

        var type = spec.Str("type");
        if (type is "NodePort" or "LoadBalancer")
        {
            spec.Default("externalTrafficPolicy", "Cluster");
        }

        if (type == "LoadBalancer")
        {
            spec.Default("allocateLoadBalancerNodePorts", true);
        }

        if (type != "ExternalName")
        {
            spec.Default("internalTrafficPolicy", "Cluster");
        }

        if (spec.Str("sessionAffinity") == "ClientIP")
        {
            spec.Ensure("sessionAffinityConfig").Ensure("clientIP").Default("timeoutSeconds", 10800);
        }
    }

    public override void PrepareForCreate(JsonObject obj)
    {
        base.PrepareForCreate(obj);
        obj["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        Allocate(obj.Ensure("spec"));
    }

    public override void PrepareForUpdate(JsonObject next, JsonObject old)
    {
        base.PrepareForUpdate(next, old);
        var spec = next.Ensure("spec");
        var before = old.Obj("spec");
        if (spec.Str("type") != "ExternalName" && before.Str("type") != "ExternalName")
        {
            // A client that does not send the allocated fields keeps them.
            spec.Default("clusterIP", before?["clusterIP"]?.DeepClone() ?? "");
            spec.Default("clusterIPs", before?["clusterIPs"]?.DeepClone() ?? new JsonArray());
            if (spec.Str("type") is "NodePort" or "LoadBalancer")
            {
                KeepNodePorts(spec, before);
            }
        }

        Allocate(spec);
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        var spec = obj.Obj("spec");
        var type = spec.Str("type") ?? "";
        if (type is not ("ClusterIP" or "ExternalName" or "LoadBalancer" or "NodePort"))
        {
            causes.NotSupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        }

        var headless = spec.Str("clusterIP") == "None";
        if (type != "ExternalName" && !headless && spec.Arr("ports") is not { Count: > 0 })
        {
            causes.Required("spec.ports");
        }

        if (type == "ExternalName" && spec.Str("externalName") is not { Length: > 0 })
        {
            causes.Required("spec.externalName");
        }

        ValidatePorts(spec, causes);
        ValidateNodePorts(spec, old.Obj("spec"), causes);
        var address = spec.Str("clusterIP");
        if (address is { Length: > 0 } and not "None" && !addresses.Contains(address))
        {
            causes.Invalid(
                "spec.clusterIPs", new JsonArray(address), $"failed to allocate IP {address}: the provided IP is not in the valid range. "
                + $"The range of valid IPs is {addresses.Network}");
        }

        var before = old.Obj("spec").Str("clusterIP");
        if (before is { Length: > 0 } && address != before && type != "ExternalName" && old.Obj("spec").Str("type") != "ExternalName")
        {
            causes.Invalid("spec.clusterIPs[0]", address ?? "", "may not change once set");
        }
        else if (before is not { Length: > 0 } && address is { Length: > 0 } and not "None" && addresses.IsTaken(address))
        {
            causes.Invalid("spec.clusterIPs", new JsonArray(address), $"failed to allocate IP {address}: provided IP is already allocated");
        }
    }

    private static void ValidatePorts(JsonObject? spec, CauseList causes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var count = spec.Arr("ports")?.Count ?? 0;
        var index = 0;
        foreach (var port in spec.Each("ports"))
        {
            var path = $"spec.ports[{index++}]";
            PortRules.Validate(port["port"], path + ".port", causes);
            PortRules.ValidateProtocol(port.Str("protocol"), path + ".protocol", causes);
            var name = port.Str("name") ?? "";
            if (name.Length == 0 && count > 1)
            {
                causes.Required(path + ".name");
            }
            else if (name.Length > 0 && Names.LabelProblem(name) is { } problem)
            {
                causes.Invalid(path + ".name", name, problem);
            }
            else if (name.Length > 0 && !names.Add(name))
            {
                causes.Duplicate(path + ".name", name);
            }
        }
    }

    private void ValidateNodePorts(JsonObject? spec, JsonObject? before, CauseList causes)
    {
        if (spec.Str("type") is not ("NodePort" or "LoadBalancer"))
        {
            return;
        }

        var own = before.Each("ports").Select(port => port.Num("nodePort")).ToHashSet();
        var index = 0;
        foreach (var port in spec.Each("ports"))
        {
            var path = $"spec.ports[{index++}].nodePort";
            if (port.Num("nodePort") is { } number and not 0 && !own.Contains(number) && addresses.NodePortProblem(number) is { } problem)
            {
                causes.Invalid(path, JsonValue.Create(number), problem);
            }
        }
    }

    private static void KeepNodePorts(JsonObject spec, JsonObject? before)
    {
        foreach (var port in spec.Each("ports").Where(p => (p.Num("nodePort") ?? 0) == 0))
        {
            var same = before.Each("ports").FirstOrDefault(p => p.Num("port") == port.Num("port") && p.Str("protocol") == port.Str("protocol"));
            if (same.Num("nodePort") is { } kept)
            {
                port["nodePort"] = kept;
            }
        }
    }

    private void Allocate(JsonObject spec)
    {
        var type = spec.Str("type");
        if (type == "ExternalName")
        {
            foreach (var field in (ReadOnlySpan<string>)["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"])
            {
                spec.Remove(field);
            }

            return;
        }

        if (spec.Str("clusterIP") is not { Length: > 0 } address)
        {
            address = spec.Arr("clusterIPs") is [JsonValue first, ..] && first.AsText() is { Length: > 0 } given ? given : addresses.AllocateAddress();
            spec["clusterIP"] = address;
        }

        spec["clusterIPs"] = new JsonArray(address);
        spec.Default("ipFamilies", new JsonArray("IPv4"));
        spec.Default("ipFamilyPolicy", "SingleStack");
        if (type is "NodePort" or "LoadBalancer" && spec.Bool("allocateLoadBalancerNodePorts") != false)
        {
            foreach (var port in spec.Each("ports").Where(p => (p.Num("nodePort") ?? 0) == 0))
            {
                port["nodePort"] = addresses.AllocateNodePort();
            }
        }
    }
}
