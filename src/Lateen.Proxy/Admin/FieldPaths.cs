using System.Collections;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;

namespace Lateen.Proxy.Admin;

/// <summary>Field masks over messages: keeps the named fields, looking into repeated fields and into Any (cluster.name).</summary>
internal static class FieldPaths
{
    /// <summary>A copy of the message with nothing but the named paths; a name it does not have is no error.</summary>
    public static IMessage Keep(IMessage message, IReadOnlyList<string> paths)
    {
        var copy = message.Descriptor.Parser.ParseFrom(message.ToByteString());
        Prune(copy, paths);
        return copy;
    }

    private static void Prune(IMessage message, IReadOnlyList<string> paths)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var below = paths.Where(p => p.StartsWith(field.Name + ".", StringComparison.Ordinal)).Select(p => p[(field.Name.Length + 1)..]).ToList();
            if (paths.Contains(field.Name))
            {
                continue;
            }
            if (below.Count == 0 || field.FieldType != Google.Protobuf.Reflection.FieldType.Message || field.IsMap)
            {
                field.Accessor.Clear(message);
                continue;
            }
            switch (field.Accessor.GetValue(message))
            {
                case IList items:
                    foreach (var item in items)
                    {
                        Inner((IMessage)item!, below);
                    }
                    break;
                case IMessage inner:
                    Inner(inner, below);
                    break;
                default:
                    break;
            }
        }
    }

    private static void Inner(IMessage message, List<string> paths)
    {
        if (message is not Any any)
        {
            Prune(message, paths);
        }
        else if (XdsJson.Unpack(any) is { } unpacked)
        {
            Prune(unpacked, paths);
            any.Value = unpacked.ToByteString();
        }
    }
}
