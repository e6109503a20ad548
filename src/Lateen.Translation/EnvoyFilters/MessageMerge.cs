using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Merges a patch into a message: set fields win, lists grow, maps take the patch's entries, messages are merged.</summary>
/// <remarks>
/// Protobuf's own merge with one difference of Istio's: a duration is replaced as a whole, since merged seconds and
/// nanoseconds of two durations are neither.
/// </remarks>
internal static class MessageMerge
{
    private const string Duration = "google.protobuf.Duration";

    public static void Into(IMessage target, IMessage patch)
    {
        foreach (var field in patch.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.IsMap)
            {
                MergeMap((IDictionary)field.Accessor.GetValue(target), (IDictionary)field.Accessor.GetValue(patch));
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(target);
                foreach (var item in (IList)field.Accessor.GetValue(patch))
                {
                    list.Add(Copy(item!));
                }
            }
            else if (IsSet(field, patch))
            {
                MergeField(field, target, field.Accessor.GetValue(patch));
            }
        }
    }

    private static void MergeMap(IDictionary target, IDictionary patch)
    {
        foreach (DictionaryEntry entry in patch)
        {
            target[entry.Key] = Copy(entry.Value!);
        }
    }

    private static void MergeField(FieldDescriptor field, IMessage target, object value)
    {
        if (value is IMessage message)
        {
            if (message.Descriptor.FullName != Duration && IsSet(field, target) && field.Accessor.GetValue(target) is IMessage existing)
            {
                Into(existing, message);
                return;
            }

            value = Copy(message);
        }
        else if (field.FieldType == FieldType.Message && IsSet(field, target) && IsZero(value))
        {
            // A wrapper of zero is a message without set fields: merging it changes nothing.
            return;
        }

        field.Accessor.SetValue(target, value);
    }

    private static bool IsSet(FieldDescriptor field, IMessage message)
    {
        if (field.RealContainingOneof is { } oneof)
        {
            return oneof.Accessor.GetCaseFieldDescriptor(message) == field;
        }

        if (field.FieldType == FieldType.Message)
        {
            return field.Accessor.GetValue(message) is not null;
        }

        return field.HasPresence ? field.Accessor.HasValue(message) : !IsZero(field.Accessor.GetValue(message));
    }

    private static bool IsZero(object value) => value switch
    {
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        bool flag => !flag,
        Enum or IConvertible => Convert.ToDouble(value, CultureInfo.InvariantCulture) == 0,
        _ => false,
    };

    private static object Copy(object value) => value is IMessage message
        ? message.Descriptor.Parser.ParseFrom(message.ToByteString())
        : value;
}
