using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Merges what is inside an Any: merging the Any itself would replace it.</summary>
internal static class TypedConfigMerge
{
    /// <summary>The merged configuration; the original where the types differ or one is not known, which is reported.</summary>
    public static Any Merge(ProxyContext context, EnvoyPatch patch, Any original, Any change)
    {
        if (TypeUrls.MessageName(original.TypeUrl) != TypeUrls.MessageName(change.TypeUrl))
        {
            context.Report(
                patch.Meta,
                $"{patch.Path}.patch.value.typed_config",
                $"is a {TypeUrls.MessageName(change.TypeUrl)}, but what it should be merged into is a {TypeUrls.MessageName(original.TypeUrl)}",
                "give the same type, or use REPLACE");
            return original;
        }

        IMessage? target;
        IMessage? value;
        try
        {
            target = XdsJson.Unpack(original);
            value = XdsJson.Unpack(change);
        }
        catch (InvalidProtocolBufferException)
        {
            return original;
        }

        if (target is null || value is null)
        {
            return original;
        }

        MessageMerge.Into(target, value);
        return target.Pack();
    }
}
