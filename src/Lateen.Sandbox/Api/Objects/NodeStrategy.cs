using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Nodes: a node registers itself together with its status.</summary>
internal sealed class NodeStrategy(ApiResource resource) : PlainStrategy(resource)
{
    public override void PrepareForCreate(JsonObject obj)
    {
        var status = obj["status"]?.DeepClone();
        base.PrepareForCreate(obj);
        obj["status"] = status;
    }
}
