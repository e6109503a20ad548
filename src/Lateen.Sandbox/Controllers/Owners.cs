using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Owner references (Kubernetes documentation, "Owners and Dependents").</summary>
internal static class Owners
{
    /// <summary>The reference that makes an object the controller of another.</summary>
    public static JsonObject Controller(JsonObject owner) => new()
    {
        ["apiVersion"] = owner.Text("apiVersion"),
        ["kind"] = owner.Text("kind"),
        ["name"] = owner.Name(),
        ["uid"] = owner.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    /// <summary>The owner that controls an object; null when none does.</summary>
    public static JsonObject? ControllerOf(JsonObject? value) =>
        value.Items("metadata", "ownerReferences").FirstOrDefault(owner => owner.Flag("controller"));

    /// <summary>Whether an object is controlled by another.</summary>
    public static bool IsControlledBy(JsonObject value, JsonObject owner) => ControllerOf(value).Text("uid") == owner.Uid();

    /// <summary>The key of a controlling owner of a kind; null when the object has another or none.</summary>
    public static ObjectKey? ControllerKey(JsonObject? value, string kind) =>
        ControllerOf(value) is { } owner && owner.Text("kind") == kind ? new ObjectKey(value!.Namespace(), owner.Text("name")) : null;
}
