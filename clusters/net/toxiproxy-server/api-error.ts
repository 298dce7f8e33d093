/** A refusal with Toxiproxy's text and status: `{"error": message, "status": status}`. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export const badBody = (why: string): ApiError => new ApiError(400, `bad request body: ${why}`);
export const missingField = (field: string): ApiError => new ApiError(400, `missing required field: ${field}`);
export const proxyNotFound = (): ApiError => new ApiError(404, "proxy not found");
export const proxyExists = (): ApiError => new ApiError(409, "proxy already exists");
export const invalidStream = (): ApiError => new ApiError(400, "stream was invalid, can be either upstream or downstream");
export const invalidToxicType = (): ApiError => new ApiError(400, "invalid toxic type");
export const toxicExists = (): ApiError => new ApiError(409, "toxic already exists");
export const toxicNotFound = (): ApiError => new ApiError(404, "toxic not found");
/** What Go reports as an error without a status of its own: listening failed, an address is malformed. */
export const internal = (message: string): ApiError => new ApiError(500, message);
